/**
 * The pipeline of a leader (§5.8): how many entries it lets be uncommitted. As many as a long and fast link takes, and no more than fill it: where
 * entries take longer for being more, the further ones would only wait behind each other.
 */
import type { LogIndex, Millis } from "../../../protocol/ids.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import type { SessionBounds } from "../../../protocol/snapshot/session_types.ts";

export interface Pipeline {
  /** Entries that may be uncommitted. */
  size: number;
  /** True if it has held up requests since the entry in `sample` was proposed. */
  heldUp: boolean;
  /** Least time from proposing an entry until its commit; Infinity before any. */
  leastMs: Millis;
  /** The entry whose time is taken. */
  sample: { readonly index: LogIndex; readonly at: Millis } | null;
}

/** An entry took no longer than when there was room, so there may be room for more. */
const ROOM_FACTOR = 2;
/** Entries that take this much longer than the fastest wait for each other. */
const QUEUE_FACTOR = 4;

export const createPipeline = (): Pipeline => ({
  ...{ size: LIMITS.minPipeline, heldUp: false, leastMs: Infinity, sample: null },
});

/** Takes in that an entry was proposed. */
export function noteProposed(pipeline: Pipeline, index: LogIndex, now: Millis): void {
  if (pipeline.sample !== null) return;
  pipeline.sample = { index, at: now };
  pipeline.heldUp = false;
}

/** Takes in how far commits are: once the entry in the sample is committed, the pipeline that held up requests is fitted to the time it took. */
export function noteCommitted(pipeline: Pipeline, commitIndex: LogIndex, now: Millis, bounds: SessionBounds): void {
  const { sample, heldUp } = pipeline;
  if (sample === null || sample.index > commitIndex) return;
  const ms = now - sample.at;
  pipeline.sample = null;
  pipeline.leastMs = Math.min(pipeline.leastMs, ms);
  if (heldUp && ms <= ROOM_FACTOR * pipeline.leastMs) pipeline.size = Math.min(2 * pipeline.size, mostOf(bounds));
  else if (heldUp && ms > QUEUE_FACTOR * pipeline.leastMs) {
    pipeline.size = Math.max(pipeline.size / 2, LIMITS.minPipeline);
  }
}

/** Returns the largest pipeline: a register that is signed a round trip before has to be applied within its horizon (§7.1). */
const mostOf = ({ registrationHorizon }: SessionBounds): number =>
  Math.max(LIMITS.minPipeline, Math.min(LIMITS.maxPipeline, Math.floor(registrationHorizon / 2)));
