/**
 * A follower and a leader as real processes whose files cannot grow: each stays up, reports it, continues once they can, and stops on
 * SIGTERM meanwhile. Runs with SIGXFSZ ignored, which its processes inherit; `disk_process_test.ts` sees to that.
 */
import { assert, assertEquals } from "@std/assert";
import type { Client } from "../../../client/mod.ts";
import { eventually } from "../../../tasks/support/eventually.ts";
import type { LocalCluster } from "../../../tasks/support/local_cluster.ts";
import { Observer } from "../../../tasks/support/observer.ts";
import { assertEqualLogs, waitForLeader } from "../support/agreement.ts";
import { withLocalCluster } from "../support/with_local_cluster.ts";
import { writeMany } from "../support/workload.ts";

const PARALLEL = 8;
/** Less than the replicas' logs already hold. */
const BOUND_BYTES = 10_000;

interface Situation {
  readonly cluster: LocalCluster;
  readonly client: Client;
  readonly observer: Observer;
}

const run = async (command: string, ...args: string[]): Promise<void> => {
  const { success, stderr } = await new Deno.Command(command, { args }).output();
  assert(success, new TextDecoder().decode(stderr));
};

/** Bounds the files that `pid` may write, in bytes; writes beyond fail like those on a full disk. */
const boundFiles = (pid: number, bytes: number | "unlimited"): Promise<void> =>
  run("prlimit", "--pid", String(pid), `--fsize=${bytes}:`);

const events = (cluster: LocalCluster, id: string) =>
  cluster.process(id).stderr.lines.map((line) => JSON.parse(line).event as string);

/** Stops the files of `id` from growing in the middle of writes; returns once it has reported it. */
async function refuse({ cluster, client, observer }: Situation, id: string): Promise<void> {
  await boundFiles(cluster.process(id).pid, BOUND_BYTES);
  await writeMany(client, 40, PARALLEL);
  await eventually(`${id} says that its disk refuses`, async () => {
    const status = await observer.status(id);
    return status?.storage.state === "refused" && status.leader === null &&
      /File too large|disk I\/O error/.test(status.storage.message ?? "");
  });
}

/** Does the same, and lets them grow again: it recovers by itself, and has what the others have. */
async function refuseAndRelent(situation: Situation, id: string): Promise<void> {
  const { cluster, client, observer } = situation;
  await refuse(situation, id);
  await writeMany(client, 40, PARALLEL);
  await boundFiles(cluster.process(id).pid, "unlimited");
  await eventually(`${id} is back`, async () => (await observer.status(id))?.storage.state === "ok", 30_000);
  await writeMany(client, 20, PARALLEL);
  await assertEqualLogs(observer, cluster.ids);
  const told = events(cluster, id).filter((event) => event === "storage-refused" || event === "storage-back");
  assertEquals(told, ["storage-refused", "storage-back"]);
}

await withLocalCluster({}, async (cluster) => {
  await cluster.startAll("--log-level", "warn");
  const situation = { cluster, client: await cluster.client("c1"), observer: await Observer.of(cluster, "c2") };
  await writeMany(situation.client, 20, PARALLEL);
  const { leader } = await waitForLeader(situation.observer, cluster.ids);
  const follower = cluster.ids.find((id) => id !== leader)!;
  await refuseAndRelent(situation, follower);
  await refuseAndRelent(situation, leader);
  await refuse(situation, follower);
  const before = performance.now();
  const { code } = await cluster.process(follower).end();
  assertEquals(code, 0);
  assert(performance.now() - before < 1000, "it waited for the disk first");
  assertEquals(events(cluster, follower).at(-1), "stopped");
});
