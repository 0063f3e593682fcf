/** Shared steps of the tests of lost, damaged and outdated disks. */
import { assertEquals } from "@std/assert";
import type { Client } from "../../../client/mod.ts";
import type { LocalCluster } from "../../../tasks/support/local_cluster.ts";
import { endRecovery, hasState } from "../../../tasks/support/lost_disk.ts";
import { Observer } from "../../../tasks/support/observer.ts";
import { eventsOf } from "../../../tasks/support/process_events.ts";
import { assertEqualLogs, waitForLeader } from "../support/agreement.ts";
import { withLocalCluster } from "../support/with_local_cluster.ts";
import { startCounting } from "../support/workload.ts";

export const FLAGS = ["--log-level", "info"] as const;
const PATIENCE_MS = 60_000;

export interface Situation {
  readonly cluster: LocalCluster;
  readonly client: Client;
  readonly operator: Client;
  readonly observer: Observer;
}

/** Runs four replicas that make checkpoints often and drop entries soon. */
export const withSituation = (body: (situation: Situation) => Promise<void>): Promise<void> =>
  withLocalCluster(
    { constants: { electionTimeoutMs: 500, patienceMs: 1000, checkpointEvery: 20, logTail: 10 } },
    async (cluster) => {
      await cluster.startAll(...FLAGS);
      const [client, operator, observer] = await Promise.all([
        cluster.client("c1"),
        cluster.client("operator"),
        Observer.of(cluster, "c2"),
      ]);
      await body({ cluster, client, operator, observer });
    },
  );

/** Returns a replica that follows. */
export async function aFollower({ cluster, observer }: Situation): Promise<string> {
  const { leader } = await waitForLeader(observer, cluster.ids);
  return cluster.ids.find((id) => id !== leader)!;
}

/** Starts `id` and returns its exit and the last line of its log; it must end by itself, whether it got ready first or not. */
export async function endsByItself({ cluster }: Situation, id: string, ...flags: string[]) {
  await cluster.start(id, ...FLAGS, ...flags).catch(() => null);
  const process = cluster.process(id);
  const { code } = await process.exited;
  await process.stderr.ended;
  const last = eventsOf(process, "stopped").at(-1);
  if (last === undefined) throw new Error(`it left no word: ${process.stderr.lines.slice(-5).join("\n")}`);
  return { code, reason: String(last["reason"]), message: String(last["message"]), events: eventsOf(process) };
}

/** Starts `id` with `--recover` and waits until it is a full member, with the log and state of the others. */
export async function comesBack({ cluster, client, observer }: Situation, id: string): Promise<void> {
  await cluster.start(id, "--recover", ...FLAGS);
  const others = cluster.ids.filter((other) => other !== id);
  const level = Math.max(...(await observer.statuses(others)).map(({ commitIndex }) => commitIndex));
  const { recovery } = await hasState(observer, id, level, PATIENCE_MS);
  assertEquals(recovery?.wanted, 3, "it takes itself for a full member");
  const load = startCounting(client, 2, { prefix: "back" });
  await endRecovery(cluster, observer, id, FLAGS);
  await load.stop();
  await assertEqualLogs(observer, cluster.ids);
}

/** Kills the leader, so that a quorum needs the vote and the acks of `id`, which is another one: writes must still succeed. */
export async function isNeeded({ cluster, client, observer }: Situation, id: string): Promise<void> {
  let before = await waitForLeader(observer, cluster.ids);
  if (before.leader === id) {
    await cluster.process(id).end();
    await waitForLeader(observer, cluster.ids.filter((other) => other !== id), ({ term }) => term > before.term);
    await cluster.start(id, ...FLAGS);
    before = await waitForLeader(observer, cluster.ids);
  }
  await cluster.process(before.leader).kill();
  for (let i = 0; i < 5; i++) await client.put("needs its acks", `${i}`, { timeoutMs: PATIENCE_MS });
  const left = cluster.ids.filter((other) => other !== before.leader);
  await waitForLeader(observer, left, ({ term }) => term > before.term);
  await assertEqualLogs(observer, left);
  await cluster.start(before.leader, ...FLAGS);
  await assertEqualLogs(observer, cluster.ids);
}
