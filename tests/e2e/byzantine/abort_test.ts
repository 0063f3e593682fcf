/**
 * Regression tests for aborts of replicas from outside, in libzmq: a connection whose input had stalled was closed by the other side while
 * a heartbeat was due. See `docs/decisions/0004-waiting-on-zeromq.md`.
 */
import { assertEquals } from "@std/assert";
import { eventually } from "../../../tasks/support/eventually.ts";
import type { LocalCluster } from "../../../tasks/support/local_cluster.ts";
import { Observer } from "../../../tasks/support/observer.ts";
import { HostileReplica } from "../support/hostile_replica.ts";
import { withLocalCluster } from "../support/with_local_cluster.ts";
import { startCounting } from "../support/workload.ts";
import { emptyMessages, endlessMessage, introduction, oneByteMessages, writeAll } from "../support/zmtp.ts";

const OLD_ENGINE = { engine: "libzmq", insecurePlaintext: true } as const;
/** Heartbeats were due every two seconds. */
const OUTLIVED_MS = 3000;
const PATIENCE_MS = 20_000;
const WRITE = { timeoutMs: PATIENCE_MS };
const STRANGERS = 200;
const FLOOD_MS = 400;
const FLOOD_BYTES = 64 * 1024 * 1024;
/** Peers closed connections whose other end did not answer a heartbeat for ten seconds. */
const PAUSE_MS = 12_000;

/** Waits until each of `ids` has run for {@linkcode OUTLIVED_MS} after this call. Throws as soon as one has ended. */
async function outlived(cluster: LocalCluster, observer: Observer, ids: readonly string[]): Promise<void> {
  const uptimes = async () => new Map((await observer.statuses(ids)).map((found) => [found.replica, found.uptimeMs]));
  const before = await eventually("all tell how long they have run", async () => {
    assertEquals(cluster.running, ids);
    const found = await uptimes();
    return found.size === ids.length && found;
  }, PATIENCE_MS);
  await eventually("all are still there", async () => {
    assertEquals(cluster.running, ids);
    const now = await uptimes();
    return ids.every((id) => (now.get(id) ?? 0) >= before.get(id)! + OUTLIVED_MS);
  }, PATIENCE_MS);
}

/** Opens connections that send empty messages as quickly as they can, and reset: what was sent to them is never read. */
async function flood(hostname: string, port: number): Promise<void> {
  const words = new Uint8Array([...introduction("DEALER"), ...emptyMessages(FLOOD_BYTES / STRANGERS / 2)]);
  await Promise.all(Array.from({ length: STRANGERS }, async () => {
    const connection = await Deno.connect({ hostname, port });
    const closed = new Promise((resolve) => setTimeout(() => resolve(connection.close()), FLOOD_MS));
    // Cut off if it takes longer.
    await writeAll(connection, words).catch(() => {});
    await closed;
  }));
}

Deno.test("replicas outlive 200 strangers at each client port who flood and reset", () =>
  withLocalCluster(OLD_ENGINE, async (cluster) => {
    await cluster.startAll();
    const [client, observer] = [await cluster.client("c1"), await Observer.of(cluster, "c2")];
    await client.put("a", "before", WRITE);
    await Promise.all(cluster.roster.replicas.map(({ host, clientPort }) => flood(host, clientPort)));
    await outlived(cluster, observer, cluster.ids);
    await client.put("a", "after", WRITE);
  }));

/** Behaviours at the address of r4, each with the number of connections to each of its ports. */
const HOSTILE = [
  { name: "says five messages of one byte and closes", words: oneByteMessages(5), connections: 30 },
  { name: "begins a message without end and closes", words: endlessMessage(), connections: 3 },
] as const;

Deno.test("replicas outlive hostile ones at r4's address, and hear the honest r4 that comes after them", () =>
  withLocalCluster({ ...OLD_ENGINE, clients: 4 }, async (cluster) => {
    const r4 = cluster.roster.replicas[3]!;
    const others = cluster.ids.slice(0, 3);
    const [client, observer] = [await cluster.client("c1"), await Observer.of(cluster, "c2")];
    {
      using hostile = new HostileReplica(r4);
      await Promise.all(others.map((id) => cluster.start(id)));
      for (const { name, words, connections } of HOSTILE) {
        hostile.say(words);
        await client.put("a", `beside one that ${name}`, WRITE);
        await outlived(cluster, observer, others);
        const all = () => [r4.peerPort, r4.publishPort].every((port) => hostile.served.get(port)! >= connections);
        await eventually(`one that ${name} is connected to again and again`, all, PATIENCE_MS);
      }
    }
    await joins(cluster, r4.id);
  }));

/** Starts `id`, which has to take part at once: to catch up, and then to make a quorum with two of the three others. */
async function joins(cluster: LocalCluster, id: string): Promise<void> {
  const [client, observer] = [await cluster.client("c3"), await Observer.of(cluster, "c4")];
  await cluster.start(id);
  await client.put("a", "with r4", WRITE);
  await eventually(`${id} is level with the others`, async () => {
    const hashes = new Set((await observer.statuses(cluster.ids)).map(({ commitHash }) => commitHash));
    return hashes.size === 1;
  }, 8000);
  const follower = await eventually("a follower", async () => {
    const statuses = await observer.statuses(cluster.ids);
    return statuses.find(({ replica, role, leader }) => replica !== id && role === "follower" && leader !== null);
  }, PATIENCE_MS);
  await cluster.process(follower.replica).kill();
  await client.put("a", `without ${follower.replica}`, WRITE);
}

Deno.test("a replica that stood still for twelve seconds under load goes on", () =>
  withLocalCluster(OLD_ENGINE, async (cluster) => {
    await cluster.startAll();
    const [client, observer] = [await cluster.client("c1"), await Observer.of(cluster, "c2")];
    const load = startCounting(client, 8);
    await eventually("writes", () => load.acknowledged > 100, PATIENCE_MS);
    cluster.process("r2").signal("SIGSTOP");
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    cluster.process("r2").signal("SIGCONT");
    await outlived(cluster, observer, cluster.ids);
    await load.stop();
    await load.check(client);
    await eventually("r2 is level with the others", async () => {
      const statuses = await observer.statuses(cluster.ids);
      return statuses.length === 4 && new Set(statuses.map(({ commitHash }) => commitHash)).size === 1;
    }, PATIENCE_MS);
  }));
