/** Somebody hostile at the address of a replica, with and without its key, and then the honest replica there: it takes part at once. */
import { assertEquals } from "@std/assert";
import { readKeyFile } from "../../crypto/keys/key_file.ts";
import { loadBackend } from "../../crypto/signing/load_backend.ts";
import { eventually } from "../../tasks/support/eventually.ts";
import type { LocalCluster } from "../../tasks/support/local_cluster.ts";
import { Observer } from "../../tasks/support/observer.ts";
import { withLocalCluster } from "../e2e/support/with_local_cluster.ts";
import { writeAll } from "../e2e/support/zmtp.ts";
import { bytes, commandFrame, greetingOf } from "../transport/zmtp/hostile_lab.ts";
import { saying } from "./support/accepting.ts";
import { drain } from "./support/crowd.ts";
import { type Behaviour, Impostor } from "./support/impostor.ts";
import { announced } from "./support/words.ts";

const PATIENCE_MS = 30_000;
const WRITE = { timeoutMs: PATIENCE_MS };
/** Connections to each port of the impostor's that a replica connects to. */
const VISITS = 6;
/** Longest pause before a dialer tries again, and the time to catch up. */
const LEVEL_MS = 8000;
const OTHERS = ["r1", "r2", "r3"];

/** A reason for a refusal, with its length before it. */
const REFUSAL = bytes(Uint8Array.of(3), "400");

/** Says `words` and waits for the other side to go, or goes itself. */
const rude = (words: Uint8Array, waits: boolean): Behaviour => async (connection) => {
  await writeAll(connection, words);
  if (waits) await drain(connection);
};

/** Behaviours, with the number of visits each is given: one that is silent has few. */
async function behaviours(cluster: LocalCluster): Promise<[name: string, visits: number, behave: Behaviour][]> {
  const { backend } = await loadBackend("auto");
  const key = await readKeyFile(`${cluster.dir}/r4.key`, backend);
  const greeting = greetingOf("CURVE", 1);
  return [
    ["garbage", VISITS, rude(crypto.getRandomValues(new Uint8Array(1000)), false)],
    ["a greeting in clear", VISITS, rude(greetingOf("NULL"), true)],
    ["a WELCOME that is none", VISITS, rude(bytes(greeting, commandFrame("WELCOME", new Uint8Array(160))), true)],
    ["a frame without end", VISITS, rude(bytes(greeting, announced(2n ** 63n, 6)), true)],
    ["r4's key and five messages", VISITS, await saying(key, Array.from({ length: 5 }, () => [Uint8Array.of(7)]))],
    ["r4's key and a message of 5 MiB", VISITS, await saying(key, [[new Uint8Array(5 * 1024 * 1024)]])],
    // Nobody proves it; whoever is told so waits for a while before he comes again.
    ["an ERROR", OTHERS.length, rude(bytes(greeting, commandFrame("ERROR", REFUSAL)), true)],
  ];
}

Deno.test("replicas outlive impostors at r4's address, and hear the honest r4 that comes after them at once", () =>
  withLocalCluster({ clients: 4 }, async (cluster) => {
    const line = cluster.roster.replicas[3]!;
    await Promise.all(OTHERS.map((id) => cluster.start(id)));
    const client = await cluster.client("c1");
    await beVisited(cluster, async (name) => {
      await client.put("a", name, WRITE);
      assertEquals(cluster.running, OTHERS, name);
    });
    await joins(cluster, line.id);
  }));

/** Puts an impostor at r4's address, and calls `visited` after each of its behaviours had its visits. */
async function beVisited(cluster: LocalCluster, visited: (name: string) => Promise<void>): Promise<void> {
  using impostor = new Impostor(cluster.roster.replicas[3]!, () => Promise.resolve());
  for (const [name, visits, behave] of await behaviours(cluster)) {
    impostor.change(behave);
    const isVisited = () => impostor.served.peer >= visits && impostor.served.publish >= visits;
    await eventually(`visits to one who says ${name}`, isVisited, PATIENCE_MS);
    await visited(name);
  }
}

/** Starts `id`, which has to be level at once, and then to make a quorum with two of the three others. */
async function joins(cluster: LocalCluster, id: string): Promise<void> {
  const [client, observer] = [await cluster.client("c3"), await Observer.of(cluster, "c4")];
  await cluster.start(id);
  await client.put("a", "with r4", WRITE);
  await eventually(`${id} is level with the others`, async () => {
    const statuses = await observer.statuses(cluster.ids);
    return statuses.length === 4 && new Set(statuses.map(({ commitHash }) => commitHash)).size === 1;
  }, LEVEL_MS);
  const follower = await eventually("a follower", async () => {
    const statuses = await observer.statuses(cluster.ids);
    return statuses.find(({ replica, role, leader }) => replica !== id && role === "follower" && leader !== null);
  }, PATIENCE_MS);
  await cluster.process(follower.replica).kill();
  await client.put("a", `without ${follower.replica}`, WRITE);
}
