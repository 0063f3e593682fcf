/** Backups succeed whatever up to f sources do, and never hold anything that is not proven. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { type BackupOptions, takeBackup } from "../../client/backup/take_backup.ts";
import { verifyBackup } from "../../client/backup/verify_backup.ts";
import { NoSourceError } from "../../client/errors.ts";
import { ConfigError } from "../../crypto/config_error.ts";
import type { Entry } from "../../protocol/entry.ts";
import { logIndex } from "../../protocol/ids.ts";
import { KvStore } from "../../state_machine/mod.ts";
import { backend } from "../support/backends.ts";
import { BackupLab } from "./backup_lab.ts";
import { type KeptHistory, labSources, SILENT_SOURCE, type SourceScript } from "./backup_sources_lab.ts";

const lab = new BackupLab({ entries: 17 });
/** Many pages, so that chunks come in several answers. */
const large = new BackupLab({ entries: 420, every: 200, valueBytes: 20_000, keys: 400 });
const KEPT: KeptHistory = { checkpoint: 10, commitIndex: 17, base: 5 };
const QUICK = { patienceMs: 3000, requestMs: 60, requestCapMs: 240 };

interface Taking extends Partial<BackupOptions> {
  readonly history?: BackupLab;
  readonly kept?: KeptHistory;
  readonly scripts?: Readonly<Record<string, SourceScript>>;
  /** Index of the mark. */
  readonly marked?: number;
}

/** Makes a backup in a fresh directory and checks what is left there. */
async function take({ history = lab, kept = KEPT, scripts = {}, marked = 17, ...options }: Taking = {}) {
  const directory = await Deno.makeTempDir();
  const path = `${directory}/backup`;
  const sources = labSources(history, kept, scripts);
  const machine = new KvStore();
  const execute = () => Promise.resolve({ result: new Uint8Array(), index: marked });
  try {
    const client = { sources, roster: history.roster, files: history.files, execute };
    const taken = await takeBackup(client, { path, backend, machine, ...QUICK, ...options });
    const bytes = Deno.readFileSync(options.path ?? path);
    using file = Deno.openSync(options.path ?? path);
    const again = verifyBackup(file, { roster: history.roster, backend, machine: new KvStore() });
    assertEquals([again.stateDigest, again.bytes], [taken.stateDigest, bytes.length]);
    return { taken, machine, bytes, calls: sources.calls };
  } finally {
    const left = [...Deno.readDirSync(directory)].map(({ name }) => name);
    assert(left.every((name) => name === "backup"), `left behind: ${left}`);
    await Deno.remove(directory, { recursive: true });
  }
}

const assertComplete = ({ machine, taken }: Awaited<ReturnType<typeof take>>, history = lab) => {
  assertEquals(taken.index, history.chain.length);
  assertEquals(machine.digest(), history.machine.digest());
};

Deno.test("backup: the newest checkpoint and the entries behind it, checked before the file has its name", async () => {
  const found = await take();
  assertComplete(found);
  const { taken, bytes } = found;
  assertEquals([taken.checkpoint?.index, taken.entries, taken.mark], [10, 7, 17]);
  assertEquals(bytes, lab.backup(10, 17), "equal histories give equal files");
  assert(Object.values(taken.sources).every(({ lied, failures }) => !lied && failures === 0));
});

Deno.test("backup: without a checkpoint it is all entries from the first; with the checkpoint as its end it needs none", async () => {
  const whole = await take({ kept: { checkpoint: 0, commitIndex: 17, base: 0 } });
  assertComplete(whole);
  assertEquals([whole.taken.checkpoint, whole.taken.entries], [null, 17]);
  const end = await take({ kept: { checkpoint: 15, commitIndex: 15, base: 15 }, marked: 15 });
  assertEquals([end.taken.checkpoint?.index, end.taken.entries, end.taken.index], [15, 0, 15]);
});

Deno.test("backup: chunks come from several sources at once, many in an answer", async () => {
  const found = await take({ history: large, kept: { checkpoint: 400, commitIndex: 420, base: 400 }, marked: 420 });
  assertComplete(found, large);
  assert(found.taken.chunks > 100, `${found.taken.chunks} chunks`);
  const givers = Object.values(found.taken.sources).filter(({ bytes }) => bytes > 500_000);
  assert(givers.length >= 3, `${givers.length} sources gave much`);
  assert(found.calls.filter((call) => call.endsWith("chunks")).length < found.taken.chunks / 5);
});

const wrong = (entries: readonly Entry[]) =>
  entries.map((entry, i) => i === 0 ? { ...entry, body: lab.chain[0]!.entry.body } : entry);

/** Everything one faulty replica can do, and whether its signature proves it a liar. */
const FAULTS: Readonly<Record<string, readonly [SourceScript, boolean]>> = {
  silent: [SILENT_SOURCE, false],
  "silent about chunks": [{ chunks: () => null }, false],
  "silent about entries": [{ entries: () => null }, false],
  "without anything": [
    {
      checkpoint: () => ({ checkpoint: null, certificate: null }),
      chunks: () => [],
      entries: (t) => ({ ...t, entries: [] }),
    },
    true,
  ],
  "without chunks": [{ chunks: () => [] }, false],
  "with entries dropped": [{ entries: (t, from) => ({ ...t, base: from, entries: [] }) }, false],
  "behind": [
    {
      checkpoint: () => ({ checkpoint: lab.proof(5), certificate: lab.certificate(6) }),
      entries: (t) => ({ ...t, commitIndex: logIndex(6), entries: [] }),
    },
    false,
  ],
  "with a forged certificate": [{
    checkpoint: (t) => ({ ...t, certificate: { ...lab.certificate(17), hash: lab.head(16).hash } }),
  }, true],
  "with too few signatures": [{
    checkpoint: (t) => ({ ...t, certificate: lab.certificate(17, { by: ["r1", "r4"] }) }),
  }, true],
  "with a forged checkpoint": [{
    checkpoint: (t) => ({ ...t, checkpoint: { ...lab.proof(15), stable: lab.proof(10, ["r1"]).stable } }),
  }, true],
  "with wrong chunks": [{ chunks: (t) => t.map((bytes) => bytes.with(0, bytes[0]! ^ 1)) }, true],
  "with a chunk twice": [{ chunks: (t) => [...t, ...t.slice(-1)] }, true],
  "with chunks nobody asked for": [{ chunks: () => [new Uint8Array(50)] }, true],
  "with wrong entries": [{ entries: (t) => ({ ...t, entries: wrong(t.entries) }) }, true],
  "with entries out of order": [{ entries: (t) => ({ ...t, entries: [...t.entries].reverse() }) }, true],
  "dripping entries": [{ entries: (t) => ({ ...t, entries: t.entries.slice(0, 1) }) }, true],
  "dripping entries it claims to have just committed": [{
    entries: (t, from) => ({ ...t, commitIndex: from, entries: t.entries.slice(0, 1) }),
  }, false],
  "with more entries than wanted": [{
    checkpoint: (t) => ({ ...t, certificate: null }),
    entries: (t) => t,
  }, false],
};

for (const [name, [script, lies]] of Object.entries(FAULTS)) {
  Deno.test(`backup: with one replica ${name} it is the same`, async () => {
    for (const faulty of ["r1", "r3"]) {
      const found = await take({ scripts: { [faulty]: script } });
      assertComplete(found);
      assertEquals(found.bytes, lab.backup(10, 17));
      const liars = Object.entries(found.taken.sources).filter(([, { lied }]) => lied).map(([id]) => id);
      assert(liars.length === 0 || (lies && liars.join() === faulty), `called liars: ${liars}`);
    }
  });
}

Deno.test("backup: whatever two faults stand beside two honest replicas, it is the same", () =>
  fc.assert(
    fc.asyncProperty(
      fc.shuffledSubarray(["r1", "r2", "r3", "r4"], { minLength: 2, maxLength: 2 }),
      fc.constantFrom(...Object.values(FAULTS)),
      fc.constantFrom(...Object.values(FAULTS)),
      async ([first, second], [one], [other]) => {
        const found = await take({ scripts: { [first!]: one, [second!]: other } });
        assertEquals(found.bytes, lab.backup(10, 17));
      },
    ),
    { numRuns: 25 },
  ));

Deno.test("backup: where entries are dropped meanwhile it begins again with a newer checkpoint", async () => {
  const kept = { ...KEPT };
  const moves: SourceScript = {
    entries(_, from) {
      kept.checkpoint = 15;
      kept.base = 15;
      return { base: logIndex(Math.max(from, 15)), commitIndex: logIndex(17), entries: [] };
    },
  };
  const scripts = { r1: moves, r2: moves, r3: moves, r4: moves };
  const found = await take({
    kept,
    scripts: Object.fromEntries(
      Object.entries(scripts).map(([id, script]): [string, SourceScript] => [
        id,
        { entries: (truth, from) => from > 15 ? truth : script.entries!(truth, from) },
      ]),
    ),
  });
  assertComplete(found);
  assertEquals([found.taken.checkpoint?.index, found.taken.entries], [15, 2]);
});

Deno.test("backup: where chunks are dropped meanwhile it begins again, and fetches none twice", async () => {
  const kept = { checkpoint: 200, commitIndex: 420, base: 0 };
  const lasting = new Set(large.snapshots.get(400)!.digests);
  const gone = new Set(large.snapshots.get(200)!.digests.filter((digest) => !lasting.has(digest)).slice(-2));
  const drops: SourceScript = {
    chunks(truth, digests) {
      if (digests.some((digest) => gone.has(digest))) kept.checkpoint = 400;
      return truth.filter((_, i) => !gone.has(digests[i]!));
    },
  };
  const scripts = { r1: drops, r2: drops, r3: drops, r4: drops };
  const found = await take({ history: large, kept, scripts, marked: 420 });
  assertComplete(found, large);
  assertEquals(found.taken.checkpoint?.index, 400);
  const fetched = Object.values(found.taken.sources).reduce((sum, { bytes }) => sum + bytes, 0);
  const both = new Set([200, 400].flatMap((index) => [...large.snapshots.get(index)!.digests]));
  const size = [...both].reduce((sum, digest) => sum + large.chunks.read(digest)!.length, 0);
  const entries = large.chain.reduce((sum, { entry }) => sum + entry.body.length + 20, 0);
  assert(fetched <= size + entries + 2_000_000, `${fetched} bytes fetched, ${size} are all there are`);
});

Deno.test("backup: where entries are dropped as fast as one looks, a checkpoint behind the mark is enough", async () => {
  const gone: SourceScript = { entries: (t, from) => ({ ...t, base: from, entries: [] }) };
  const found = await take({ scripts: { r1: gone, r2: gone, r3: gone, r4: gone }, marked: 9 });
  assertEquals([found.taken.index, found.taken.entries, found.taken.checkpoint?.index], [10, 0, 10]);
});

Deno.test("backup: it reaches the mark, and waits for it", async () => {
  const kept = { ...KEPT, commitIndex: 12 };
  let asked = 0;
  const script: SourceScript = {
    checkpoint(truth) {
      if (++asked === 3) kept.commitIndex = 17;
      return truth;
    },
  };
  assertComplete(await take({ kept, scripts: { r2: script } }));
  const error = await assertRejects(
    () => take({ kept: { ...KEPT, commitIndex: 16 }, patienceMs: 400 }),
    NoSourceError,
  );
  assertStringIncludes(error.message, "no replica gave a certificate at or above index 17, the highest is of index 16");
});

Deno.test("backup: taken as it comes, one replica alone can prove all it has", async () => {
  const scripts = { r1: SILENT_SOURCE, r2: SILENT_SOURCE, r4: SILENT_SOURCE };
  const found = await take({ scripts, mark: null, marked: 999 });
  assertComplete(found);
  assertEquals(found.taken.mark, null);
});

Deno.test("backup: with nobody left to ask it fails, says why, and leaves nothing behind", async () => {
  const none = { r1: SILENT_SOURCE, r2: SILENT_SOURCE, r3: SILENT_SOURCE, r4: SILENT_SOURCE };
  await assertRejects(() => take({ scripts: none, patienceMs: 300 }), NoSourceError, "r3 did not answer");
  const liar: SourceScript = { chunks: (t) => t.map((bytes) => bytes.with(0, 99)) };
  const lost = lab.snapshots.get(10)!.digests.at(-1)!;
  const lacks: SourceScript = { chunks: (t, digests) => t.filter((_, i) => digests[i] !== lost) };
  const lacking = { r1: lacks, r2: lacks, r3: lacks, r4: lacks };
  await assertRejects(() => take({ scripts: lacking, patienceMs: 500 }), NoSourceError, "chunks of the snapshot");
  const all = { r1: liar, r2: liar, r3: liar, r4: liar };
  await assertRejects(() => take({ scripts: all }), NoSourceError, "r2 gave a chunk that it was not asked for");
  const empty = { checkpoint: 0, commitIndex: 0, base: 0 };
  await assertRejects(() => take({ kept: empty, mark: null, patienceMs: 300 }), NoSourceError, "index 1");
});

Deno.test("backup: it can be called off", async () => {
  const calling = new AbortController();
  const script: SourceScript = { chunks: () => (calling.abort(new Error("called off")), null) };
  const scripts = { r1: script, r2: script, r3: script, r4: script };
  await assertRejects(() => take({ scripts, signal: calling.signal }), Error, "called off");
});

Deno.test("backup: no file is overwritten, and two cannot write one", async () => {
  const directory = await Deno.makeTempDir();
  const path = `${directory}/kept`;
  try {
    Deno.writeTextFileSync(path, "precious");
    await assertRejects(() => take({ path }), ConfigError, "kept: given a file that exists");
    assertEquals(Deno.readTextFileSync(path), "precious");
    await Deno.remove(path);
    const appears: SourceScript = { entries: (truth) => (Deno.writeTextFileSync(path, "precious"), truth) };
    await assertRejects(
      () => take({ path, scripts: { r1: appears, r2: appears, r3: appears, r4: appears } }),
      ConfigError,
    );
    assertEquals(Deno.readTextFileSync(path), "precious");
    assertEquals([...Deno.readDirSync(directory)].map(({ name }) => name), ["kept"]);
    await assertRejects(
      () => take({ path: `${directory}/no/such` }),
      ConfigError,
      "wanted a new file in a directory that exists",
    );
    const other = Deno.openSync(`${directory}/new.part`, { create: true, write: true });
    other.writeSync(new Uint8Array(1_000_000));
    other.lockSync(true);
    const busy = () => take({ path: `${directory}/new` });
    await assertRejects(busy, ConfigError, "new: given a file that another process is writing");
    other.close();
    Deno.writeTextFileSync(`${directory}/new.part.chunks`, "left by one that was killed");
    assertComplete(await take({ path: `${directory}/new` }));
    assertEquals([...Deno.readDirSync(directory)].map(({ name }) => name).sort(), ["kept", "new"]);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
