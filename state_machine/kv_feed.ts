/** Answers to watches, from the store's history (§7.6). */
import { LIMITS } from "../protocol/limits.ts";
import type { Feed, FeedEvent } from "../protocol/operations/feed.ts";
import { encodeEvent, eventBytes } from "./kv_change.ts";
import { isWatched, type KvWatch } from "./kv_watch.ts";
import type { History } from "./pages/history.ts";

/** Returns the events behind revision `after`, which is kept, that a watch sees: as many as an answer holds. */
export function eventsBehind(history: Pick<History, "behind">, after: number, watch: KvWatch): Feed {
  const events: FeedEvent[] = [];
  let [through, bytes] = [after, 0];
  for (const { revision, changes } of history.behind(after)) {
    const watched = changes.filter(({ key }) => isWatched(watch, key));
    if (watched.length > 0) {
      bytes += eventBytes(watched);
      if (bytes > LIMITS.maxFeedBytes) break;
      events.push({ position: revision, value: encodeEvent(watched) });
    }
    through = revision;
  }
  return { kind: "events", events, through };
}
