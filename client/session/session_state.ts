/** State of a client, and what it begins with. */
import type { Outstanding } from "./grouping.ts";
import { createLeaderCache, type LeaderCache } from "./leader_cache.ts";
import { createPace, type Pace } from "./pace.ts";
import { seededUniform } from "./random.ts";
import type { Sender, Sending } from "./resending.ts";
import { createRoundTrips, type RoundTrips } from "./round_trips.ts";
import { assertSessionConfig } from "./session_config.ts";
import type { SessionConfig, Submission } from "./session_types.ts";

/** The session that commands are issued in. */
export interface Current {
  readonly id: number;
  /** Lowest seq that is not answered yet (§7.1). */
  floor: number;
  nextSeq: number;
  /** Seqs that are under way. */
  readonly open: Set<number>;
}

/** A register under way. */
export interface Registration extends Sending {
  readonly base: number;
}

/** State of a client; only the functions of `session.ts`, `overload.ts` and `showing.ts` change it. */
export interface Session extends Sender {
  config: SessionConfig;
  leader: LeaderCache;
  trips: RoundTrips;
  pace: Pace;
  /** By number; those in sessions that are closed among them, until they are answered. */
  readonly outstanding: Map<number, Outstanding>;
  readonly queue: Submission[];
  /** Applied index that each replica reported. */
  readonly heights: Map<string, number>;
  current: Current | null;
  registration: Registration | null;
  /** Base of the last register that was void; the next one waits until a higher one is known, or for `registerAt`. */
  voidBase: number;
  registerAt: number;
  /** Registers in a row that were void. */
  voids: number;
  nextRequest: number;
  /** Time at which a request was shown last (§14.7a). */
  shownAt: number;
  /** Nothing becomes due before this. */
  dueAt: number;
}

/** Returns what a client believes of an epoch's replicas before it has heard of any. */
export const believingNothing = (config: SessionConfig): Pick<Session, "leader" | "trips" | "pace"> => ({
  leader: createLeaderCache(config.weak),
  trips: createRoundTrips(),
  pace: createPace(Math.floor(config.window / 2)),
});

/** A client that has sent nothing yet. Throws `RangeError` on impossible constants. */
export function createSession(config: SessionConfig): Session {
  assertSessionConfig(config);
  return {
    config,
    uniform: seededUniform(config.seed),
    ...believingNothing(config),
    outstanding: new Map(),
    queue: [],
    heights: new Map(),
    ...{ current: null, registration: null, voidBase: -1, registerAt: -Infinity, voids: 0 },
    nextRequest: 1,
    shownAt: -Infinity,
    dueAt: Infinity,
  };
}
