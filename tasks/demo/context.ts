/** The context of every act of the demo: the cluster, its client, an observer, and lines that report what was seen. */
import type { ReplicaReport } from "../../replica/status/status.ts";
import { eventually } from "../support/eventually.ts";
import type { LocalCluster } from "../support/local_cluster.ts";
import type { Observer } from "../support/observer.ts";
import type { ClientProcess } from "./client_process.ts";

/** Longest time the cluster may take to reach what an act waits for, in milliseconds. */
export const PATIENCE_MS = 30_000;

export interface DemoContext {
  readonly cluster: LocalCluster;
  readonly client: ClientProcess;
  readonly observer: Observer;
  /** Prints a step: its title, and what was seen. */
  readonly say: (title: string, text: string) => void;
}

/** A leader, and the term it leads. */
export interface Led {
  readonly leader: string;
  readonly term: number;
}

/** Waits until all `replicas` name one leader that `wanted` accepts. */
export function waitForLeader(
  { observer }: DemoContext,
  replicas: readonly string[],
  wanted: (led: Led) => boolean = () => true,
): Promise<Led> {
  return eventually("all replicas name one leader", async () => {
    const led = commonLeader(await observer.statuses(replicas), replicas.length);
    return led !== null && wanted(led) && led;
  }, PATIENCE_MS);
}

/** Returns the leader all of `statuses` name in one term, or null if they do not agree or are fewer than `count`. */
export function commonLeader(statuses: readonly ReplicaReport[], count: number): Led | null {
  const [first] = statuses;
  if (first === undefined || first.leader === null || statuses.length < count) return null;
  const same = statuses.every(({ leader, term }) => leader === first.leader && term === first.term);
  return same ? { leader: first.leader, term: first.term } : null;
}

/** Waits until `replicas` have one commit index and one hash, and describes them. */
export async function waitForEqualCommits({ observer }: DemoContext, replicas: readonly string[]): Promise<string> {
  const statuses = await eventually("equal commits", async () => {
    const found = await observer.statuses(replicas);
    const hashes = new Set(found.map(({ commitIndex, commitHash }) => `${commitIndex} ${commitHash}`));
    return found.length === replicas.length && hashes.size === 1 && found;
  }, PATIENCE_MS);
  const { commitIndex, commitHash, term, leader } = statuses[0]!;
  const place = `commit index ${commitIndex}, hash ${commitHash.slice(0, 12)}… on ${replicas.join(" ")}`;
  return `term ${term}, leader ${leader}, ${place}`;
}
