/** The play on real processes: everything that can be done to a replica, and that the cluster survives it. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { PlayRefusal } from "../../client/gateway/dashboard/mod.ts";
import type { Client } from "../../client/mod.ts";
import { PORTS_PER_REPLICA } from "../../crypto/roster/generate_cluster.ts";
import type { ReplicaReport } from "../../replica/status/status.ts";
import { PlayController } from "../../tasks/play/play_controller.ts";
import { eventually } from "../../tasks/support/eventually.ts";
import { findFreePorts } from "../../tasks/support/free_ports.ts";
import { LocalCluster } from "../../tasks/support/local_cluster.ts";

const WAIT_MS = 60_000;
const OPTIONS = { timeoutMs: WAIT_MS };

async function reports(client: Client): Promise<Map<string, ReplicaReport>> {
  const lines = await client.getStatus({ timeoutMs: 1000 });
  return new Map(
    lines.flatMap((line) => line.reachable ? [[line.replica, line.status as unknown as ReplicaReport] as const] : []),
  );
}

/** Waits until `condition` holds of the replicas' own reports. */
const until = (what: string, client: Client, condition: (all: Map<string, ReplicaReport>) => boolean) =>
  eventually(what, async () => condition(await reports(client)), WAIT_MS);

const leads = (all: Map<string, ReplicaReport>, not: string): string | undefined =>
  [...all.values()].find(({ leader, replica }) => leader === replica && leader !== not)?.replica;

const allHealthy = (client: Client) =>
  until("all to take part", client, (all) => {
    const leaders = new Set([...all.values()].map(({ leader, term }) => `${leader} ${term}`));
    return all.size === 4 && leaders.size === 1 &&
      [...all.values()].every(({ leader, hearsQuorum }) => leader !== null && hearsQuorum);
  });

interface Stage {
  readonly play: PlayController;
  readonly client: Client;
  /** Writes, which has to be survived by now. */
  readonly write: () => Promise<void>;
}

async function crashes({ play, client, write }: Stage): Promise<void> {
  const led = leads(await reports(client), "")!;
  await play.act(led, "crash", null);
  assertEquals(play.states()[led]!.process, "crashed");
  await assertRejects(() => play.act(led, "crash", null), PlayRefusal, `${led} is crashed already`);
  await assertRejects(() => play.act(led, "pause", null), PlayRefusal, "wanted one that is running");
  await write();
  await play.act(led, "restart", null);
  assertEquals(play.states()[led], { process: "running", network: "whole", lies: null });
}

async function pauses({ play, client, write }: Stage): Promise<void> {
  const led = leads(await reports(client), "")!;
  await play.act(led, "pause", null);
  await write();
  await play.act(led, "resume", null);
}

async function cutsOff({ play, client, write }: Stage): Promise<void> {
  const led = leads(await reports(client), "")!;
  await play.act(led, "cut", null);
  await until("the leader that is cut off to hear no quorum", client, (all) => all.get(led)?.hearsQuorum === false);
  await write();
  assert(leads(await reports(client), led) !== undefined, "the others have a leader of their own");
  await play.act(led, "heal", null);
}

async function slowsDown({ play, write }: Stage): Promise<void> {
  await play.act("r2", "slow", null);
  assertEquals(play.states()["r2"]!.network, "slow");
  await write();
  await play.act("r2", "heal", null);
}

async function corrupts({ play, client, write }: Stage): Promise<void> {
  await assertRejects(() => play.act("r3", "corrupt", "rude"), PlayRefusal, "the lie was given as rude; wanted one of");
  await play.act("r3", "corrupt", "corrupt-acks");
  assertEquals(play.states()["r3"]!.lies, "corrupt-acks");
  await write();
  await until("f + 1 replicas to hold proof of it", client, (all) => {
    const holders = [...all.values()].filter(({ evidence }) => evidence.some(({ culprit }) => culprit === "r3"));
    return holders.length >= 2;
  });
  await assertRejects(
    () => play.act("r4", "corrupt", null),
    PlayRefusal,
    "4 replicas survive f = 1 that lie, and what r3",
  );
  await play.act("r3", "restart", null);
  assertEquals(play.states()["r3"]!.lies, null);
  await write();
}

Deno.test("a replica is crashed, restarted, paused, resumed, cut off, healed, slowed down and corrupted, and writes go on", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const basePort = findFreePorts(4 * PORTS_PER_REPLICA * 5);
    await using cluster = await LocalCluster.open({ dir, replicas: 4, clients: 2, basePort });
    await using play = new PlayController(cluster);
    assertEquals(play.states()["r1"]!.process, "crashed");
    await play.startAll();
    const client = await cluster.client("c1");
    let writes = 0;
    const write = async () => void await client.put("n", String(++writes), OPTIONS);
    await write();
    for (const act of [crashes, pauses, cutsOff, slowsDown, corrupts]) {
      await allHealthy(client);
      await act({ play, client, write });
    }
    const read = await client.get("n", OPTIONS);
    assertEquals(read.found && new TextDecoder().decode(read.value), String(writes));
    // A process that ends by itself is noticed too.
    cluster.process("r4").signal("SIGKILL");
    await eventually("the end of r4 to be noticed", () => play.states()["r4"]!.process === "crashed", WAIT_MS);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("a mesh that cannot listen leaves nothing open", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const basePort = findFreePorts(4 * PORTS_PER_REPLICA * 5);
    await using cluster = await LocalCluster.open({ dir, replicas: 4, clients: 1, basePort });
    using _busy = Deno.listen({ hostname: "127.0.0.1", port: basePort + 4 * 12 + 3 });
    let error: unknown = null;
    try {
      await using _play = new PlayController(cluster);
    } catch (thrown) {
      error = thrown;
    }
    assert(error instanceof Deno.errors.AddrInUse);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
