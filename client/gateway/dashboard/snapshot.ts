/** One look at a cluster as the page gets it. Pure. */
import type { ClusterHealth, ReplicaStanding } from "../../calls/cluster_health.ts";
import type { Latencies } from "./latency_window.ts";
import { doneTo, type PlayState } from "./play_port.ts";
import type { Reading } from "./readings.ts";
import { type Survival, survivalOf } from "./survival.ts";
import { accusedBy, believed, ledBy } from "./timeline.ts";

/** A replica as the page shows it: its own word for itself, and what has been done to it. */
export interface ShownReplica extends Omit<Reading, "offices" | "evidence" | "commitHash"> {
  /** `ok`, `trouble` (answers, and does not count or knows no leader) or `silent`. */
  readonly health: "ok" | "trouble" | "silent";
  /** Says what is wrong, or what it does; never empty. */
  readonly reason: string;
  /** True if f + 1 replicas name it as leader. */
  readonly leads: boolean;
  readonly play: (PlayState & { readonly words: string | null }) | null;
}

/** Indexes up to which f + 1 replicas say they are; null while too few answer. */
export interface LogHeads {
  readonly last: number | null;
  readonly prepared: number | null;
  readonly committed: number | null;
}

/** A point of the charts. */
export interface Point extends Latencies {
  /** Milliseconds on the clock of the process that serves it, as everything here; `now` of `hello` places it in the time of day. */
  readonly at: number;
  /** Committed entries and commands in a second; null where nobody looked before. Commands are reckoned from the entries fetched. */
  readonly entriesPerS: number | null;
  readonly commandsPerS: number | null;
}

/** One look at a cluster. */
export interface Snapshot {
  readonly at: number;
  readonly cluster: string;
  readonly epoch: number | null;
  readonly profile: string;
  readonly sizes: ClusterHealth["sizes"];
  readonly verdict: ClusterHealth["verdict"];
  readonly certain: boolean;
  readonly sentence: string;
  readonly leader: string | null;
  readonly term: number | null;
  readonly replicas: readonly ShownReplica[];
  readonly log: LogHeads;
  readonly survival: Survival;
  readonly point: Point;
}

/** Parts of a snapshot. */
export interface SnapshotParts {
  readonly at: number;
  readonly roster: { readonly cluster: string; readonly constants: { readonly profile: string } };
  readonly health: ClusterHealth;
  readonly readings: readonly Reading[];
  readonly states: Readonly<Record<string, PlayState>>;
  readonly point: Point;
}

/** Makes a snapshot. */
export function snapshotOf({ at, roster, health, readings, states, point }: SnapshotParts): Snapshot {
  const { sizes, standings, verdict, certain, sentence } = health;
  const led = ledBy(standings, sizes.weak);
  return {
    ...{ at, cluster: roster.cluster, profile: roster.constants.profile, sizes, verdict, certain, sentence },
    ...{ leader: led?.leader ?? null, term: led?.term ?? null, log: headsOf(readings, sizes.weak), point },
    epoch: believed(readings.map(({ epoch }) => epoch), sizes.weak),
    replicas: readings.map((reading, i) =>
      shownReplica(reading, standings[i]!, led?.leader ?? null, states[reading.replica])
    ),
    survival: survivalOf(sizes, standings, states, accusedBy(readings, sizes.weak)),
  };
}

/** Returns how far the log is, by what f + 1 replicas have reached. */
export const headsOf = (readings: readonly Reading[], weak: number): LogHeads => ({
  last: believed(readings.map(({ lastIndex }) => lastIndex), weak),
  prepared: believed(readings.map(({ preparedIndex }) => preparedIndex), weak),
  committed: believed(readings.map(({ commitIndex }) => commitIndex), weak),
});

function shownReplica(
  reading: Reading,
  standing: ReplicaStanding,
  leader: string | null,
  state: PlayState | undefined,
): ShownReplica {
  const { offices: _offices, evidence: _evidence, commitHash: _hash, ...shown } = reading;
  const health = standing.trouble === "silent" ? "silent" : standing.reason === null ? "ok" : "trouble";
  const play = state === undefined ? null : { ...state, words: doneTo(state) };
  return {
    ...{ ...shown, role: standing.role, health, leads: reading.replica === leader, play },
    reason: reasonOf(reading, standing),
  };
}

function reasonOf({ suspecting, leader, replica }: Reading, { reason, follows }: ReplicaStanding): string {
  if (reason !== null) return reason;
  const does = follows === null ? "knows no leader" : leader === replica ? "leads" : `follows ${follows.leader}`;
  return suspecting === null ? does : `${does}, and suspects it (${suspecting})`;
}
