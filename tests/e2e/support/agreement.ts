/** Waits for conditions on all honest replicas of a running cluster. */
import { assertEquals } from "@std/assert";
import type { ReplicaReport } from "../../../replica/status/status.ts";
import { eventually } from "../../../tasks/support/eventually.ts";
import type { Comparison, Observer } from "../../../tasks/support/observer.ts";

/** Waits until `replicas` name one leader, and returns its id and term. */
export function waitForLeader(
  observer: Observer,
  replicas: readonly string[],
  wanted: (status: ReplicaReport) => boolean = () => true,
): Promise<{ readonly leader: string; readonly term: number }> {
  return eventually(`one leader named by ${replicas.join(" ")}`, async () => {
    const all = await observer.statuses(replicas);
    const [first] = all;
    if (all.length < replicas.length || !first || first.leader === null || !wanted(first)) return null;
    const agreed = all.every(({ leader, term }) => leader === first.leader && term === first.term);
    return agreed ? { leader: first.leader, term: first.term } : null;
  }, 60_000);
}

/** Waits until `replicas` are level, compares their logs at every index, and their applied states. */
export async function assertEqualLogs(observer: Observer, replicas: readonly string[]): Promise<Comparison> {
  await eventually(`${replicas.join(" ")} are level`, async () => {
    const all = await observer.statuses(replicas);
    const same = new Set(all.map(({ commitHash, appliedIndex }) => `${commitHash} ${appliedIndex}`)).size === 1;
    return all.length === replicas.length && same && all.every((s) => s.appliedIndex === s.commitIndex);
  }, 60_000);
  const comparison = await observer.compare(replicas);
  const digests = await eventually(`${replicas.join(" ")} show the digest of their last state`, async () => {
    const all = await observer.statuses(replicas);
    const fresh = all.length === replicas.length &&
      all.every(({ state, appliedIndex }) => state.appliedIndex === appliedIndex);
    return fresh ? all.map(({ state }) => state.digest) : null;
  });
  assertEquals(new Set(digests).size, 1, `applied states differ: ${digests.join(" ")}`);
  return comparison;
}
