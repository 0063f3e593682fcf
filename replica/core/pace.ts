/** Token buckets, one a replica: bound how much one peer's small requests can make this replica send. */
import type { Millis, ReplicaId } from "./ids.ts";

export interface Bucket {
  tokens: number;
  at: Millis;
}

/** Rate of a bucket: `burst` tokens at most, one more each `refillMs`. */
export interface Pace {
  readonly burst: number;
  readonly refillMs: Millis;
}

/** Takes a token of `replica`'s bucket; false where it is empty. */
export function takeToken(buckets: Map<ReplicaId, Bucket>, replica: ReplicaId, now: Millis, pace: Pace): boolean {
  const bucket = buckets.get(replica) ?? { tokens: pace.burst, at: now };
  const refilled = Math.max(0, Math.floor((now - bucket.at) / pace.refillMs));
  const tokens = Math.min(pace.burst, bucket.tokens + refilled);
  const at = tokens === pace.burst ? now : bucket.at + refilled * pace.refillMs;
  buckets.set(replica, { tokens: Math.max(0, tokens - 1), at });
  return tokens > 0;
}
