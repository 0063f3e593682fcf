/** A cluster is backed up while one replica lies and another is stopped; it is then lost, and restored into another cluster (§8.3). */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Client } from "../../client/mod.ts";
import { DenoProcess } from "../../tasks/support/deno_process.ts";
import { eventually } from "../../tasks/support/eventually.ts";
import type { LocalCluster } from "../../tasks/support/local_cluster.ts";
import { Observer } from "../../tasks/support/observer.ts";
import { assertEqualLogs } from "./support/agreement.ts";
import { withLocalCluster } from "./support/with_local_cluster.ts";
import { writeMany } from "./support/workload.ts";

const CONSTANTS = { electionTimeoutMs: 500, patienceMs: 1000, checkpointEvery: 20, logTail: 5 };
const PATIENCE = { timeoutMs: 60_000 };

interface Ran {
  readonly code: number;
  readonly json: Record<string, unknown>;
}

/** Runs the client's command line as a process; its output is one JSON value. */
async function client(args: readonly string[]): Promise<Ran> {
  await using process = new DenoProcess("client", "client/main.ts", ["--json", ...args]);
  const { code } = await process.exited;
  await process.stdout.ended;
  const [line] = process.stdout.lines;
  assertEquals(process.stdout.lines.length, 1, `one JSON value, and ${process.stderr.lines.join(" | ")}`);
  return { code, json: JSON.parse(line!) };
}

/** Returns all keys with their values. */
async function contents(reader: Client): Promise<Map<string, Uint8Array>> {
  const all = new Map<string, Uint8Array>();
  for (let after = "", more = true; more;) {
    const page = await reader.list("", { after, ...PATIENCE });
    for (const { key, value } of page.items) all.set(key, value);
    ({ more } = page);
    after = page.items.at(-1)?.key ?? "";
  }
  return all;
}

/** Writes keys over and over, long values and empty ones among them, and removes some. */
async function fill(writer: Client): Promise<void> {
  await writeMany(writer, 150, 8);
  await Promise.all(Array.from({ length: 12 }, (_, i) => {
    const value = new Uint8Array(i * 5000).fill(i);
    return writer.put(`large/${i}`, value, PATIENCE);
  }));
  for (const key of ["key-3", "key-70"]) await writer.delete(key, PATIENCE);
  await writer.put("key-4", "written again", PATIENCE);
  await writer.put("ключ/🔑", "", PATIENCE);
}

const checkpointed = (observer: Observer, replicas: readonly string[]) =>
  eventually(`${replicas.join(" ")} hold a checkpoint and have dropped entries`, async () => {
    const all = await observer.statuses(replicas);
    return all.length === replicas.length && all.every(({ checkpoint, logBase }) => checkpoint !== null && logBase > 0);
  }, 60_000);

interface Kept {
  readonly file: string;
  readonly expected: Map<string, Uint8Array>;
  readonly index: number;
}

/** Backs up a cluster with a liar under load, and once more when a replica has stopped and no quorum is left. */
function backUp(directory: string): Promise<Kept> {
  let kept: Kept | null = null;
  return withLocalCluster({ constants: CONSTANTS }, async (cluster) => {
    const honest = cluster.ids.slice(0, 3);
    await Promise.all(honest.map((id) => cluster.start(id)));
    await cluster.start("r4", "--byzantine", "corrupt-acks", "--unsafe-test-faults");
    const writer = await cluster.client("c1");
    await fill(writer);
    await checkpointed(await Observer.of(cluster, "c2"), honest);
    const expected = await contents(writer);
    const taken = await whileWriting(
      writer,
      () => client([...cluster.credentials("c3"), "backup", `${directory}/one`]),
    );
    assertEquals([taken.code, taken.json["ok"]], [0, true], JSON.stringify(taken.json));
    assert((taken.json["checkpoint"] as { index: number }).index >= 20);
    await Deno.copyFile(`${cluster.dir}/cluster.json`, `${directory}/cluster.json`);
    await assertEqualLogs(await Observer.of(cluster, "c2"), honest);
    kept = { file: `${directory}/one`, expected, index: Number(taken.json["index"]) };
    await withoutQuorum(cluster, directory, kept);
  }).then(() => kept!);
}

/** Runs `work` while counters are written; their names distinguish them from what must be there. */
async function whileWriting<T>(writer: Client, work: () => Promise<T>): Promise<T> {
  let over = false;
  const writing = (async () => {
    for (let i = 1; !over; i++) await writer.put(`meanwhile/${i % 50}`, `${i}`, PATIENCE);
  })();
  try {
    return await work();
  } finally {
    over = true;
    await writing;
  }
}

async function withoutQuorum(cluster: LocalCluster, directory: string, kept: Kept): Promise<void> {
  await cluster.process("r1").end();
  await cluster.process("r4").end();
  const args = (...last: string[]) => [...cluster.credentials("c3"), "--timeout-ms", "3000", ...last];
  const refused = await client(args("backup", `${directory}/two`));
  assertEquals([refused.code, (refused.json["error"] as { code: string }).code], [3, "no-quorum"]);
  assertEquals([...Deno.readDirSync(directory)].map(({ name }) => name).sort(), ["cluster.json", "one"]);
  const taken = await client(args("backup", "--as-is", `${directory}/two`));
  assertEquals(taken.code, 0, JSON.stringify(taken.json));
  assert(Number(taken.json["index"]) >= kept.index, "the two that are left have what was committed before");
}

async function assertProven(directory: string, { file, index }: Kept): Promise<void> {
  const check = (name: string) => client(["--cluster", `${directory}/cluster.json`, "restore", "--check", name]);
  const found = await check(file);
  assertEquals([found.code, found.json["index"]], [0, index]);
  assertEquals((await check(`${directory}/two`)).code, 0);
  const bytes = await Deno.readFile(file);
  for (const at of [0, 20, 400, bytes.length >> 1, bytes.length - 1]) {
    await Deno.writeFile(`${directory}/bent`, bytes.with(at, bytes[at]! ^ 16));
    const bent = await check(`${directory}/bent`);
    assertEquals([at, bent.code, bent.json["ok"]], [at, 1, false]);
  }
}

Deno.test("a backup taken under load and beside a liar is proven offline, and becomes the keys of another cluster", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const kept = await backUp(directory);
    await assertProven(directory, kept);
    await withLocalCluster({ constants: CONSTANTS }, async (fresh) => {
      await fresh.startAll();
      const restore = (...args: string[]) => client([...fresh.credentials("c1"), "restore", ...args, kept.file]);
      const stranger = await restore();
      assertEquals(stranger.code, 2);
      assertStringIncludes((stranger.json["error"] as { message: string }).message, "wanted the roster of its cluster");
      const from = ["--backup-cluster", `${directory}/cluster.json`];
      const restored = await restore(...from);
      assertEquals(restored.code, 0, JSON.stringify(restored.json));
      const reader = await fresh.client("c2");
      const found = await contents(reader);
      assertEquals(found.size, restored.json["keys"]);
      const mustBe = new Map([...found].filter(([key]) => !key.startsWith("meanwhile/")));
      assertEquals(mustBe, kept.expected, "what was acknowledged before the backup began is in it, and nothing else");
      assertEquals((await restore(...from)).code, 1, "not twice, unless told to");
      assertEquals((await restore("--into-existing", ...from)).code, 0);
      assertEquals((await contents(reader)).size, found.size);
    });
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
