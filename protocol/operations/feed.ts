/** Feeds: what happens in the state machine, as it is asked for and told (§7.6). */
import type { ClientId } from "../ids.ts";

/** One event of a feed: what happened at a position, as bytes that are equal at every replica. */
export interface FeedEvent {
  readonly position: number;
  readonly value: Uint8Array;
}

/** The answer of a state to those who watch it. */
export type Feed =
  /** Events by ascending position, all there are above the position asked for and up to `through`; at most `LIMITS.maxFeedBytes` of them. */
  | { readonly kind: "events"; readonly events: readonly FeedEvent[]; readonly through: number }
  /** Events right behind the position asked for are no longer kept; those from `oldest` on are. */
  | { readonly kind: "gone"; readonly oldest: number }
  | { readonly kind: "refused"; readonly reason: string };

/**
 * §7.6, client → replica: asks what happened behind position `after` of what `watch` names to the state machine. It is answered once something has, or after
 * `waitMs`.
 */
export interface GetFeed {
  readonly kind: "GetFeed";
  readonly client: ClientId;
  readonly nonce: number;
  readonly after: number;
  readonly waitMs: number;
  readonly watch: Uint8Array;
}

/** The payload of a replica's answer to GetFeed. */
export interface FeedAnswer {
  readonly kind: Feed["kind"];
  /** Of events: the position up to which they are all there are. If they are gone: the oldest position that is kept. Else 0. */
  readonly position: number;
  /** By ascending positions. */
  readonly events: readonly FeedEvent[];
  /** The reason of a refusal, in UTF-8; else empty. */
  readonly reason: Uint8Array;
}
