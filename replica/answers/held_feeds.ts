/** Questions for feeds, held until there is something to say (§7.6). */
import type { ClientId } from "../../protocol/ids.ts";
import { LIMITS } from "../../protocol/limits.ts";
import type { Feed, FeedAnswer, FeedEvent, GetFeed } from "../../protocol/operations/feed.ts";
import { feedAnswerCodec, MAX_REASON_BYTES } from "../../transport/codec/mod.ts";
import type { CoreState } from "../core/state.ts";
import { INGRESS_LIMITS } from "../limits/ingress_limits.ts";
import { type Answering, feedAnswer } from "./queries.ts";
import type { QueryAnswer, Replier, Silence } from "./replier.ts";

/** A question that waits. */
interface Held {
  readonly question: GetFeed;
  readonly route: string;
  /** Time at which it is answered though nothing has happened. */
  readonly deadlineAt: number;
  /** Position up to which nothing has happened that it asks for. */
  through: number;
}

export interface HeldFeedsParts extends Answering {
  readonly state: CoreState;
  readonly replier: Pick<Replier, "answerWithinBudget">;
}

/** Bytes of an event in an answer besides its value: position, length. */
const EVENT_FRAMING = 8 + 4;
/** Room in a payload for events: all but version, kind, position, count and reason. */
const EVENTS_ROOM = LIMITS.maxReplyBytes - 64;
/** Time after which it is looked again whether there is budget for an answer. */
const BUDGET_RETRY_MS = 100;

/** The questions of one replica's clients. */
export class HeldFeeds {
  readonly #parts: HeldFeedsParts;
  /** By client, in the order of their arrival. */
  readonly #held = new Map<ClientId, Held[]>();
  #count = 0;
  /** Index that was applied when all were looked at last; none needs to be before another one is, or is due. */
  #lookedAt = -1;
  #nextDeadline = Infinity;

  constructor(parts: HeldFeedsParts) {
    this.#parts = parts;
  }

  /** Number of questions that wait. */
  get size(): number {
    return this.#count;
  }

  /** Takes a question over `route`. It is answered at once if there is something to say; returns the code of why it is not taken, or null. */
  ask(question: GetFeed, route: string, now: number): string | null {
    const held: Held = { question, route, deadlineAt: now + question.waitMs, through: question.after };
    const outcome = this.#answer(held, now);
    if (outcome === "silent") this.#hold(held);
    return outcome === "no-budget" ? "reply-budget" : null;
  }

  /** Answers those for whom something has happened since, and those that waited long enough. To be called at the end of each turn. */
  look(now: number): void {
    const { appliedIndex } = this.#parts.state;
    if (appliedIndex === this.#lookedAt && now < this.#nextDeadline) return;
    this.#lookedAt = appliedIndex;
    this.#nextDeadline = Infinity;
    for (const [client, questions] of this.#held) {
      const waiting = questions.filter((held) => {
        const outcome = this.#answer(held, now);
        if (outcome === "answered") return false;
        const againAt = outcome === "silent" ? held.deadlineAt : now + BUDGET_RETRY_MS;
        this.#nextDeadline = Math.min(this.#nextDeadline, againAt);
        return true;
      });
      this.#count -= questions.length - waiting.length;
      if (waiting.length > 0) this.#held.set(client, waiting);
      else this.#held.delete(client);
    }
  }

  /** Answers if there is something to say. Without budget it does not even look, as looking costs as much as answering. */
  #answer(held: Held, now: number): "answered" | "silent" | "no-budget" {
    const { question: { client, nonce }, route } = held;
    const said = this.#parts.replier.answerWithinBudget(route, client, nonce, () => this.#look(held, now));
    if (said === null) return "no-budget";
    return said.payload === null ? "silent" : "answered";
  }

  /** Returns what is to be said now, or that it is to wait, with what it took to find out. */
  #look(held: Held, now: number): QueryAnswer | Silence {
    const { state } = this.#parts;
    const before = held.through;
    const feed = feedAnswer(state, this.#parts, held.question, before);
    if (feed !== null && "ok" in feed) return feed;
    if (feed !== null && feed.kind !== "events") return answerOf(feed);
    const through = feed?.through ?? before;
    const workBytes = INGRESS_LIMITS.feedPositionBytes * (through - before);
    if (feed !== null && feed.events.length > 0) return answerOf(bounded(feed), workBytes);
    held.through = through;
    if (now < held.deadlineAt) return { payload: null, workBytes };
    return answerOf({ kind: "events", events: [], through });
  }

  /** Holds a question in place of the same one that came before over this route, and of the oldest where there is no more room. */
  #hold(held: Held): void {
    const { client, nonce } = held.question;
    const all = this.#held.get(client) ?? [];
    const others = all.filter(({ question, route }) => question.nonce !== nonce || route !== held.route);
    if (others.length >= INGRESS_LIMITS.feedsHeldPerClient) others.shift();
    this.#count += others.length + 1 - all.length;
    this.#held.set(client, [...others, held]);
    this.#nextDeadline = Math.min(this.#nextDeadline, held.deadlineAt);
    if (this.#count > INGRESS_LIMITS.feedsHeld) this.#dropOne();
  }

  /** Drops the oldest question of a client that has the most. */
  #dropOne(): void {
    let most: Held[] = [];
    for (const questions of this.#held.values()) if (questions.length > most.length) most = questions;
    most.shift();
    this.#count--;
  }
}

/** Returns as much of a feed as an answer holds. */
function bounded(feed: Extract<Feed, { kind: "events" }>): Feed {
  const events: FeedEvent[] = [];
  let bytes = 0;
  for (const event of feed.events) {
    bytes += EVENT_FRAMING + event.value.length;
    if (bytes > EVENTS_ROOM || events.length === LIMITS.maxFeedEvents) break;
    events.push(event);
  }
  const isWhole = events.length === feed.events.length;
  return isWhole ? feed : { kind: "events", events, through: events.at(-1)?.position ?? feed.events[0]!.position - 1 };
}

function answerOf(feed: Feed, examined = 0): QueryAnswer {
  const events = feed.kind === "events" ? feed.events.length : 0;
  const workBytes = examined + INGRESS_LIMITS.feedEventBytes * events;
  return { ok: true, payload: feedAnswerCodec.encode(fieldsOf(feed)), workBytes };
}

function fieldsOf(feed: Feed): FeedAnswer {
  const reason = new Uint8Array();
  switch (feed.kind) {
    case "events":
      return { kind: "events", position: feed.through, events: feed.events, reason };
    case "gone":
      return { kind: "gone", position: feed.oldest, events: [], reason };
    case "refused": {
      const words = new TextEncoder().encode(feed.reason).subarray(0, MAX_REASON_BYTES);
      return { kind: "refused", position: 0, events: [], reason: words };
    }
  }
}
