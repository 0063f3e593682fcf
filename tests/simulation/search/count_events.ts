/** Counts the events that replicas report. */
import type { CoreEvent } from "../../../replica/core/output.ts";
import type { Observer } from "../observer.ts";
import type { RunStats } from "./stats.ts";

type Counted = Pick<
  RunStats,
  | "elections"
  | "commits"
  | "handOvers"
  | "rejoined"
  | "snapshots"
  | "checkpoints"
  | "compactions"
  | "transfers"
  | "transferred"
  | "chunks"
  | "badSources"
>;

/** The counter that an event increments. */
const COUNTERS: Readonly<Record<string, keyof Counted>> = {
  "hand-over-begun": "handOvers",
  "recovered": "rejoined",
  "snapshot-written": "snapshots",
  "checkpoint": "checkpoints",
  "state-transfer": "transfers",
  "state-transferred": "transferred",
  "chunks-not-fetched": "badSources",
};

/** Returns an observer that counts terms with a leader, the highest commit, and checkpoint events, all of honest replicas. */
export function countEvents(): Observer & { counts(): Counted } {
  const terms = new Set<number>();
  const bases = new Map<string, number>();
  const counted = { commits: 0, handOvers: 0, rejoined: 0, snapshots: 0, checkpoints: 0, compactions: 0 };
  const moved = { transfers: 0, transferred: 0, chunks: 0, badSources: 0 };
  const sums: Record<keyof Counted, number> = { elections: 0, ...counted, ...moved };
  return {
    event(at, { event, fields }: CoreEvent) {
      const counter = COUNTERS[event];
      if (counter) sums[counter]++;
      if (event === "leader") terms.add(Number(fields["term"]));
      if (event === "committed") sums.commits = Math.max(sums.commits, Number(fields["index"]));
      if (event === "state-transferred") sums.chunks += Number(fields["chunks"]);
      if (event !== "checkpoint") return;
      const base = Number(fields["logBase"]);
      if (base > (bases.get(at) ?? 0)) sums.compactions++;
      bases.set(at, base);
    },
    counts: () => ({ ...sums, elections: terms.size }),
  };
}
