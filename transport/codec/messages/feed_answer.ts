/** Payload of the answer to GetFeed (§7.6). */
import { LIMITS } from "../../../protocol/limits.ts";
import type { FeedAnswer, FeedEvent } from "../../../protocol/operations/feed.ts";
import { bytes, enumOf, list, struct, uint53 } from "../schema.ts";
import { type Codec, codec } from "./storage.ts";

/** Bytes of the reason of a refusal. */
export const MAX_REASON_BYTES = 200;

const event = struct<FeedEvent>({ position: uint53, value: bytes(LIMITS.maxFeedBytes) });

export const feedAnswerCodec: Codec<FeedAnswer> = codec(
  "FeedAnswer",
  struct<FeedAnswer>({
    kind: enumOf<FeedAnswer["kind"]>(["events", "gone", "refused"]),
    position: uint53,
    events: list(event, LIMITS.maxFeedEvents),
    reason: bytes(MAX_REASON_BYTES),
  }),
);
