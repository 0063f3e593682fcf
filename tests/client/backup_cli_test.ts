/** `backup` and `restore` as a user types them. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { readOutcome } from "../../client/calls/kv_outcomes.ts";
import type { Connect } from "../../client/cli/connect.ts";
import type { Client } from "../../client/mod.ts";
import { sha256, unhex } from "../../crypto/digest.ts";
import { writeKeyFile } from "../../crypto/keys/key_file.ts";
import { signRoster } from "../../crypto/roster/roster.ts";
import { encodeKvCommand, type KvStore } from "../../state_machine/mod.ts";
import { backend } from "../support/backends.ts";
import { contextAt } from "../support/contexts.ts";
import { threeEpochs } from "./backup_epochs_lab.ts";
import { BackupLab } from "./backup_lab.ts";
import { labSources, SILENT_SOURCE } from "./backup_sources_lab.ts";
import { type Ran, runInMemory } from "./cli_lab.ts";
import { withFakeCluster } from "./with_fake_cluster.ts";

const lab = new BackupLab({ entries: 17 });
const KEYS = ["k0", "k1", "k2", "k3", "k4", "k5", "k6"];

/** Returns a backup as one of version 1: that byte, behind the first line, and the digest at the end. */
function ofVersion1(file: Uint8Array): Uint8Array {
  const body = file.with(16, 1).subarray(0, -32);
  return Uint8Array.of(...body, ...sha256(body));
}

type Run = (connect: Connect, line: string) => Promise<Ran>;

/** Creates a directory with the lab's roster, a backup of it, one with a changed byte, and another cluster's roster. */
async function withFiles(body: (directory: string, run: Run) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir();
  const write = (name: string, history: BackupLab) => {
    const secret = unhex(history.keys.get("operator")!.secretKey);
    Deno.writeTextFileSync(`${directory}/${name}`, signRoster(history.roster, secret, backend));
  };
  try {
    write("cluster.json", lab);
    write("stranger.json", new BackupLab({ entries: 1 }));
    const file = lab.backup(10, 17);
    Deno.writeFileSync(`${directory}/good`, file);
    Deno.writeFileSync(`${directory}/damaged`, file.with(500, file[500]! ^ 4));
    Deno.writeFileSync(`${directory}/earlier`, ofVersion1(file));
    await writeKeyFile(`${directory}/c1.key`, lab.keys.get("c1")!);
    await body(directory, (connect, line) => {
      const words = line.split(" ").map((word) => word.startsWith("@") ? `${directory}/${word.slice(1)}` : word);
      return runInMemory(connect, words);
    });
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

const offline: Connect = () => Promise.reject(new Error("must not connect"));
const jsonOf = ({ out }: Ran) => JSON.parse(out) as Record<string, unknown>;

Deno.test("cli: restore --check needs the roster alone", () =>
  withFiles(async (directory, run) => {
    const { code, out, err } = await run(offline, "--cluster @cluster.json restore --check @good");
    assertEquals([code, err], [0, ""]);
    assertMatch(
      out,
      /^backup ".*good": proven by r1 r2 r3 of test-cluster: index 17, store revision 13, 7 keys, \d+\.\d KiB\nstate digest [0-9a-f]{64}\n$/,
    );
    const found = jsonOf(await run(offline, "--json --cluster @cluster.json restore --check @good"));
    assertEquals([found["ok"], found["index"], found["revision"], found["keys"]], [true, 17, 13, 7]);
    assertEquals([found["file"], found["signers"]], [`${directory}/good`, ["r1", "r2", "r3"]]);
    const pinned = await run(offline, "--cluster @cluster.json --key @c1.key restore --check @good");
    assertEquals(pinned.code, 0);
  }));

Deno.test("cli: restore --check ends with 1 where the file is not proven, with 2 where the command is wrong", () =>
  withFiles(async (_, run) => {
    const cases = [
      ["--cluster @cluster.json restore --check @damaged", 1, "damaged or cut off: its SHA-256 is"],
      ["--cluster @stranger.json restore --check @good", 1, "no quorum of the roster proves"],
      ["--cluster @cluster.json restore --check @cluster.json", 1, "does not begin as a backup does"],
      ["--cluster @cluster.json restore --check @nothing", 2, "nothing: given the name of no file, wanted a backup"],
      ["--cluster @cluster.json restore --check @earlier", 2, 'earlier": given version 1; wanted 3: the version of'],
      ["--cluster @cluster.json restore --check @.", 2, "given no plain file"],
      ["--cluster @stranger.json --key @c1.key restore --check @good", 2, "the pinned operator key"],
      ["restore --check @good", 2, "--cluster was not given"],
      ["--cluster @cluster.json restore --check --into-existing @good", 2, "wanted one of them"],
      ["--cluster @cluster.json restore --check", 2, "0 operands"],
      ["--cluster @cluster.json put --check a b", 2, "put was given --check"],
    ] as const;
    for (const [line, wanted, text] of cases) {
      const { code, err, out } = await run(offline, line);
      assertEquals([line, code, out], [line, wanted, ""]);
      assertStringIncludes(err, text);
    }
    const { ok, error } = jsonOf(await run(offline, "--json --cluster @cluster.json restore --check @damaged"));
    assertEquals([ok, (error as { code: string }).code], [false, "damaged"]);
  }));

Deno.test("§13.13 cli: restore --check takes a roster of any epoch up to the backup's, and says which would do", () =>
  withFiles(async (directory, run) => {
    const labs = threeEpochs();
    const third = labs[2];
    for (const [i, { roster, keys }] of labs.entries()) {
      const secret = unhex(keys.get("operator")!.secretKey);
      Deno.writeTextFileSync(`${directory}/${i + 1}.json`, signRoster(roster, secret, backend));
    }
    Deno.writeFileSync(`${directory}/third`, third.backup(35, 37));
    Deno.writeFileSync(`${directory}/begun`, third.backup(31, 31));
    Deno.writeFileSync(`${directory}/second`, labs[1].backup(20, 30));
    for (const epoch of [1, 2, 3]) {
      const { code, out, err } = await run(offline, `--cluster @${epoch}.json restore --check @third`);
      assertEquals([code, err], [0, ""]);
      assertStringIncludes(out, 'third": proven by r1 r2 r3 of test-cluster, epoch 3: index 37, store revision');
    }
    assertEquals(jsonOf(await run(offline, "--json --cluster @1.json restore --check @third"))["epoch"], 3);
    assertEquals((await run(offline, "--cluster @2.json restore --check @begun")).code, 0);
    const cases = [
      ["--cluster @3.json restore --check @begun", "wanted a roster of epochs 1 to 2"],
      ["--cluster @3.json restore --check @second", "given a backup of epoch 2, and the roster of epoch 3; wanted"],
    ] as const;
    for (const [line, text] of cases) {
      const { code, err } = await run(offline, line);
      assertEquals(code, 2);
      assertStringIncludes(err, text);
    }
    await withFakeCluster({}, async (_, connectClient) => {
      const connect: Connect = () => Promise.resolve(connectClient());
      assertEquals((await run(connect, "restore --backup-cluster @1.json @third")).code, 0);
    });
  }));

Deno.test("§13.13 cli: a cluster takes a backup of an earlier epoch back, by the roster that its client began with", () =>
  withFiles(async (directory, run) => {
    const labs = threeEpochs();
    Deno.writeFileSync(`${directory}/second`, labs[1].backup(20, 30));
    await withFakeCluster({}, async (cluster, connectClient) => {
      const { put, cas, list } = connectClient();
      const files = { origin: labs[0].file, current: labs[2].file };
      const client = { put, cas, list, files, roster: labs[2].roster, close: () => Promise.resolve() };
      const { code, err } = await run(() => Promise.resolve(client as Partial<Client> as Client), "restore @second");
      assertEquals([code, err], [0, ""]);
      assertEquals(cluster.store.size, 7);
    });
  }));

Deno.test("cli: restore writes a backup's keys into an empty cluster, and into another only when told to", () =>
  withFiles((_, run) =>
    withFakeCluster({}, async (cluster, connectClient) => {
      const connect: Connect = () => Promise.resolve(connectClient());
      const other = await run(connect, "restore @good");
      assertEquals(other.code, 2);
      assertStringIncludes(other.err, 'given one of cluster "test-cluster", and the roster of fake');
      const done = await run(connect, "restore --backup-cluster @cluster.json @good");
      assertEquals([done.code, done.err], [0, ""]);
      assertStringIncludes(
        done.out,
        "restored 7 keys into fake: their revisions start anew, the store is at revision 7",
      );
      assertEquals(valuesOf(cluster.store), valuesOf(lab.machine));

      const refused = await run(connect, "--json restore --backup-cluster @cluster.json @good");
      assertEquals([refused.code, refused.err], [1, ""]);
      const { error } = jsonOf(refused) as { error: { code: string; message: string } };
      assertEquals(error.code, "not-empty");
      assertStringIncludes(error.message, "cluster fake holds keys; wanted an empty one");

      await connectClient().put("k3", "changed");
      await connectClient().put("other", "stays");
      const again = await run(connect, "--json restore --into-existing --backup-cluster @cluster.json @good");
      assertEquals(again.code, 0);
      assertEquals(jsonOf(again)["restored"], { cluster: "fake", keys: 7, revision: 16, leases: 0 });
      const values = valuesOf(cluster.store);
      assertEquals(values.get("other"), "stays");
      values.delete("other");
      assertEquals(values, valuesOf(lab.machine));

      const before = cluster.ordered.length;
      assertEquals((await run(connect, "restore --into-existing --backup-cluster @cluster.json @damaged")).code, 1);
      assertEquals(cluster.ordered.length, before, "nothing of a file that is not proven is written");
    })
  ));

Deno.test("cli: a restore that stops says how far it came, and completes with --into-existing", () =>
  withFiles((_, run) =>
    withFakeCluster({}, async (cluster, connectClient) => {
      const silent = ["r2", "r3", "r4"];
      const stops: Connect = () => {
        const client = connectClient("c1", { timings: { timeoutMs: 300 } });
        let writes = 0;
        const cas: Client["cas"] = (...call) => {
          if (++writes === 4) { for (const id of silent) cluster.scripts[id] = { reply: () => [] }; }
          return client.cas(...call);
        };
        return Promise.resolve({ ...client, cas });
      };
      const stopped = await run(stops, "restore --backup-cluster @cluster.json @good");
      assertEquals(stopped.code, 3);
      assertMatch(
        stopped.err,
        /restore: \d of 7 keys were written, then: .*no quorum.* \(--into-existing\) completes it/,
      );
      for (const id of silent) cluster.scripts[id] = {};
      const connect: Connect = () => Promise.resolve(connectClient("c2"));
      assertEquals((await run(connect, "restore --into-existing --backup-cluster @cluster.json @good")).code, 0);
      assertEquals(valuesOf(cluster.store), valuesOf(lab.machine));
    })
  ));

Deno.test("cli: a key that somebody writes during a restore into an empty cluster is not overwritten", () =>
  withFiles((_, run) =>
    withFakeCluster({}, async (cluster, connectClient) => {
      const raced: Connect = () => {
        const client = connectClient();
        const list: Client["list"] = async (...call) => {
          const empty = await client.list(...call);
          await connectClient("c2").put("k5", "theirs");
          return empty;
        };
        return Promise.resolve({ ...client, list });
      };
      const { code, err } = await run(raced, "restore --backup-cluster @cluster.json @good");
      assertEquals(code, 1);
      assertStringIncludes(err, 'key "k5" was written by somebody else meanwhile');
      assertEquals(valuesOf(cluster.store).get("k5"), "theirs");
    })
  ));

Deno.test("cli: backup writes a file that restore --check proves, and overwrites none", () =>
  withFiles(async (directory, run) => {
    const kept = { checkpoint: 10, commitIndex: 17, base: 5 };
    const liar = { chunks: (truth: readonly Uint8Array[]) => truth.map((bytes) => bytes.with(0, 77)) };
    const sources = labSources(lab, kept, { r2: liar, r4: SILENT_SOURCE });
    const executed: Uint8Array[] = [];
    const execute: Client["execute"] = (command) => {
      executed.push(command);
      return Promise.resolve({ result: new Uint8Array(), index: 17 });
    };
    const client = {
      sources,
      execute,
      roster: lab.roster,
      files: lab.files,
      close: () => Promise.resolve(),
    } as Partial<
      Client
    > as Client;
    const connect: Connect = () => Promise.resolve(client);
    const { code, out, err } = await run(connect, "backup @new");
    assertEquals(code, 0);
    assertMatch(
      out,
      /^backup ".*new": index 17, store revision 13, 7 keys, \d+\.\d KiB \(checkpoint 10 and 7 entries, from r[1-3]/,
    );
    assert(err === "" || err.startsWith("no honest replica does this: r2 gave a chunk"), err);
    assertEquals(executed, [encodeKvCommand({ op: "get", key: "backup" })]);
    assertEquals((await run(offline, "--cluster @cluster.json restore --check @new")).code, 0);
    assertEquals(Deno.readFileSync(`${directory}/new`), lab.backup(10, 17));

    const taken = await run(connect, "backup @new");
    assertEquals(taken.code, 2);
    assertStringIncludes(taken.err, "/new: given a file that exists, wanted a new one");
    const found = jsonOf(await run(connect, "--json backup --as-is @asis"));
    assertEquals([found["ok"], found["index"], found["revision"], found["keys"], found["mark"]], [
      true,
      17,
      13,
      7,
      null,
    ]);
    assertEquals(Object.keys(found["sources"] as object), ["r1", "r2", "r3", "r4"]);
    assertEquals(executed.length, 1, "as it is, nothing is ordered");
    kept.commitIndex = 0;
    kept.checkpoint = 0;
    const none = await run(connect, "--json --timeout-ms 200 backup --as-is @never");
    assertEquals([none.code, (jsonOf(none)["error"] as { code: string }).code], [3, "no-source"]);
  }));

function valuesOf(store: Pick<KvStore, "query">): Map<string, string> {
  return new Map(
    [...KEYS, "other"].flatMap((key) => {
      const value = readOutcome(store.query(encodeKvCommand({ op: "get", key }), contextAt()).value);
      return value.found ? [[key, new TextDecoder().decode(value.value)] as const] : [];
    }),
  );
}
