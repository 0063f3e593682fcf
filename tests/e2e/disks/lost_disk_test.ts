/** A replica whose disk is gone comes back (§8.3, §8.4): a learner, then the state, then a full member; and reports it on the way. */
import { assert, assertEquals } from "@std/assert";
import { DenoProcess } from "../../../tasks/support/deno_process.ts";
import { eventually } from "../../../tasks/support/eventually.ts";
import { knowsItsBar, loseDisk } from "../../../tasks/support/lost_disk.ts";
import { eventsOf, loggedEvent } from "../../../tasks/support/process_events.ts";
import { assertEqualLogs } from "../support/agreement.ts";
import { writeMany } from "../support/workload.ts";
import { aFollower, comesBack, FLAGS, isNeeded, type Situation, withSituation } from "./lost_disk_scenario.ts";

const PATIENCE_MS = 60_000;

Deno.test("a replica that lost its disk: learner, state transfer, change of leaders, full member that votes; and it restarts as one", () =>
  withSituation(async (situation) => {
    const { cluster, client, observer } = situation;
    await writeMany(client, 60, 2);
    const id = await aFollower(situation);
    await loseDisk(cluster, id);
    await writeMany(client, 60, 2);
    await comesBack(situation, id);
    await isNeeded(situation, id);
    const told = new Set(eventsOf(cluster.process(id)).map(({ event }) => event));
    for (const event of ["state-transfer", "state-transferred", "recovery-bar", "recovered"]) {
      assert(told.has(event), `${event} is not in its log`);
    }
    await cluster.process(id).end();
    await cluster.start(id, ...FLAGS);
    await writeMany(client, 20, 2);
    await assertEqualLogs(observer, cluster.ids);
    const [status] = await observer.statuses([id]);
    assert(status?.recovery === null && status.logBase > 0 && (status.checkpoint?.index ?? 0) >= status.logBase);
  }));

/** Number of values a transfer has to fetch, so that it is not over before its sources can be stopped. */
const VALUES = 80;
const VALUE_BYTES = 60_000;

Deno.test("a state transfer under way shows in the status and the log, and goes on when its sources do", () =>
  withSituation(async (situation) => {
    const { cluster, client, observer } = situation;
    await fillUp(situation);
    const id = await aFollower(situation);
    await loseDisk(cluster, id);
    const others = cluster.ids.filter((other) => other !== id);
    const process = await cluster.start(id, "--recover", ...FLAGS);
    await loggedEvent(process, "state-transfer", PATIENCE_MS);
    for (const other of others) cluster.process(other).signal("SIGSTOP");
    const progress = await loggedEvent(process, "state-transfer-progress", PATIENCE_MS);
    const status = (await observer.status(id))!;
    const { stateTransfer, recovery, checkpoint, logBase, appliedIndex } = status;
    assertEquals([checkpoint, logBase, appliedIndex], [null, 0, 0]);
    if (recovery === null || stateTransfer === null) throw new Error("it fetches nothing");
    assertEquals(stateTransfer.index, progress["index"]);
    assert(stateTransfer.bytesReceived >= Number(progress["bytes"]));
    assert((stateTransfer.chunksMissing ?? 1) > 0 && stateTransfer.chunksReceived < VALUES);
    const line = await statusLine(situation, id);
    assertEquals([line.reachable, line.status?.logBase], [true, 0]);
    assert(line.status?.recovery && line.status.stateTransfer, "the client's status command does not tell");
    assertEquals([line.role, line.status?.role, line.full], ["learner", "learner", false]);
    for (const other of others) cluster.process(other).signal("SIGCONT");
    await loggedEvent(process, "state-transferred", PATIENCE_MS);
    await knowsItsBar(observer, id, PATIENCE_MS);
    await client.put("after", "all", { timeoutMs: PATIENCE_MS });
    await eventually(`${id} is level`, async () => {
      const statuses = await observer.statuses(cluster.ids);
      return statuses.length === 4 && new Set(statuses.map(({ commitHash }) => commitHash)).size === 1;
    }, PATIENCE_MS);
  }));

/** Writes long values, and short ones until the last of the long ones lie below a checkpoint. */
async function fillUp({ cluster, client, observer }: Situation): Promise<void> {
  let next = 0;
  await Promise.all(Array.from({ length: 8 }, async () => {
    for (let i = next++; i < VALUES; i = next++) {
      const value = crypto.getRandomValues(new Uint8Array(VALUE_BYTES));
      await client.put(`long-${i}`, value, { timeoutMs: PATIENCE_MS });
    }
  }));
  const { index } = await client.put("last", "long one", { timeoutMs: PATIENCE_MS });
  await eventually("a stable checkpoint above the long values", async () => {
    await client.put("short", "value", { timeoutMs: PATIENCE_MS });
    const statuses = await observer.statuses(cluster.ids);
    return statuses.length === 4 && statuses.every(({ checkpoint }) => (checkpoint?.index ?? 0) >= index);
  }, PATIENCE_MS);
}

interface StatusLine {
  readonly replica: string;
  readonly reachable: boolean;
  readonly role: string;
  readonly full: boolean;
  readonly status?: {
    readonly role: string;
    readonly logBase: number;
    readonly recovery: unknown;
    readonly stateTransfer: unknown;
  };
}

/** Returns the output of `client status --json` about one replica. */
async function statusLine({ cluster }: Situation, id: string): Promise<StatusLine> {
  const args = [...cluster.credentials("c3"), "--json", "status"];
  await using process = new DenoProcess("client", "client/main.ts", args);
  await Promise.all([process.exited, process.stdout.ended]);
  const { replicas } = JSON.parse(process.stdout.lines.join("\n")) as { readonly replicas: readonly StatusLine[] };
  return replicas.find(({ replica }) => replica === id)!;
}
