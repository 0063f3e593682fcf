/** §13.13: backups of later epochs, made from sources that lack ends or lie about them, and while the roster changes. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { type BackupOptions, takeBackup, type TakenBackup } from "../../client/backup/take_backup.ts";
import { InvalidBackupError, NoSourceError } from "../../client/errors.ts";
import type { RosterFile } from "../../crypto/roster/parse_roster.ts";
import { KvStore } from "../../state_machine/mod.ts";
import { backend } from "../support/backends.ts";
import { withTempDirectory } from "../support/temp_directory.ts";
import { bent, threeEpochs } from "./backup_epochs_lab.ts";
import type { BackupLab } from "./backup_lab.ts";
import { type KeptHistory, labSources, SILENT_SOURCE, type SourceScript } from "./backup_sources_lab.ts";

const labs = threeEpochs();
const [first, second, third] = labs;
const BEGUN: KeptHistory = { checkpoint: 31, commitIndex: 37, base: 31 };
const KEPT: KeptHistory = { checkpoint: 35, commitIndex: 37, base: 34 };
const QUICK = { patienceMs: 3000, requestMs: 60, requestCapMs: 240 };

interface Taking extends Partial<BackupOptions> {
  readonly kept?: KeptHistory;
  readonly scripts?: Readonly<Record<string, SourceScript>>;
  /** The roster that the client began with. */
  readonly origin?: RosterFile;
}

/** A client in an epoch, which began with the roster `origin`. */
const clientIn = (lab: BackupLab, sources: ReturnType<typeof labSources>, origin: RosterFile) => ({
  ...{ sources, roster: lab.roster, files: { origin, current: lab.file } },
  execute: () => Promise.resolve({ result: new Uint8Array(), index: 32 }),
});

/** Makes a backup of the third epoch; returns it with its bytes. */
async function take(
  { kept = KEPT, scripts = {}, origin = third.file, ...options }: Taking,
): Promise<TakenBackup & { readonly file: Uint8Array }> {
  const directory = await Deno.makeTempDir();
  try {
    const path = `${directory}/backup`;
    const client = clientIn(third, labSources(third, kept, scripts), origin);
    const taken = await takeBackup(client, { path, backend, machine: new KvStore(), ...QUICK, ...options });
    return { ...taken, file: Deno.readFileSync(path) };
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** Has all replicas act alike, but for those given. */
const all = (script: SourceScript, others: Readonly<Record<string, SourceScript>> = {}) => ({
  ...{ r1: script, r2: script, r3: script, r4: script },
  ...others,
});
const lacking = (epoch: number): SourceScript => ({ ends: (ends, from) => from < epoch ? [] : ends });
const liarsOf = ({ sources }: TakenBackup) => Object.keys(sources).filter((id) => sources[id]!.lied);

Deno.test("§13.13c a backup holds all ends, whatever roster its maker began with", async () => {
  for (const origin of labs.map(({ file }) => file)) {
    assertEquals((await take({ origin, kept: BEGUN })).file, third.backup(31, 37));
    const taken = await take({ origin });
    assertEquals([taken.epoch, taken.index], [3, 37]);
    assertEquals(taken.file, third.backup(35, 37));
  }
});

Deno.test("§13.13c what replicas lack of the ends is left out, and those who have most are asked", async () => {
  const rest = third.backup(35, 37, { ends: third.ends.slice(1) });
  for (const origin of labs.map(({ file }) => file)) {
    assertEquals((await take({ origin, scripts: all(lacking(2)) })).file, rest);
    const taken = await take({ origin, scripts: all(lacking(2), { r3: {}, r4: {} }) });
    assertEquals(taken.file, third.backup(35, 37));
    assertEquals(liarsOf(taken), []);
  }
  await assertRejects(
    () => take({ scripts: all(lacking(3)), patienceMs: 300 }),
    NoSourceError,
    "the ends of the epochs",
  );
});

Deno.test("§13.13c one replica that shows forged ends is found out by an earlier roster, and outvoted without one", async () => {
  const { stateDigest } = first.snapshots.get(15)!;
  const forged: SourceScript = { ends: (ends) => ends.map((end) => bent(end, { stateDigest })) };
  for (const liar of ["r1", "r2", "r4"]) {
    for (const [origin, found] of [[first.file, true], [second.file, true], [third.file, false]] as const) {
      const taken = await take({ origin, kept: BEGUN, scripts: { [liar]: forged } });
      assertEquals(taken.file, third.backup(31, 37));
      assert(liarsOf(taken).every((id) => found && id === liar), `${liarsOf(taken)}`);
    }
  }
});

Deno.test("§13.13c one replica that is silent about ends, gives others, too many or none keeps nobody from a backup", async () => {
  const stranger = threeEpochs()[2].ends;
  const scripts: readonly SourceScript[] = [
    SILENT_SOURCE,
    { ends: () => null },
    { ends: () => [] },
    { ends: () => stranger },
    { ends: (ends) => [...ends].reverse() },
    { ends: (ends) => [...ends, ...ends] },
    { ends: () => third.ends.slice(0, 1) },
  ];
  for (const script of scripts) {
    for (const origin of [first.file, third.file]) {
      for (const faulty of ["r1", "r3"]) {
        const taken = await take({ origin, scripts: { [faulty]: script } });
        assertEquals(taken.file, third.backup(35, 37));
        assert(liarsOf(taken).every((id) => id === faulty));
      }
    }
  }
});

Deno.test("§13.13c taken as it comes, one replica alone is enough for what it can prove", async () => {
  const alone = all(SILENT_SOURCE, { r2: {} });
  const asIs = { mark: null, scripts: alone };
  for (const origin of [first.file, third.file]) assertEquals((await take({ origin, ...asIs })).index, 37);
  const beginning = { ...asIs, kept: { checkpoint: 31, commitIndex: 31, base: 31 } };
  assertEquals((await take({ origin: second.file, ...beginning })).index, 31);
  await assertRejects(() => take(beginning), InvalidBackupError, "wanted a roster of epochs 1 to 2");
});

Deno.test("§13.13c a replica without the state that its epoch began with has nothing of use, and is no liar", async () => {
  const lacks: SourceScript = {
    checkpoint: ({ certificate }) => ({ checkpoint: null, certificate }),
    chunks: () => [],
  };
  const taken = await take({ kept: BEGUN, origin: first.file, scripts: { r1: lacks, r2: lacks } });
  assertEquals([taken.file, liarsOf(taken)], [third.backup(31, 37), []]);
});

Deno.test("§13.13c where the roster changes under way, the backup begins anew and is of one epoch", async () => {
  const steps = ["ends", "checkpoint", "entries", "chunks"] as const;
  for (const step of steps) {
    await withTempDirectory(async (directory) => {
      const path = `${directory}/backup`;
      let lab = second;
      const change = <T>(truth: T): T => {
        lab = third;
        return truth;
      };
      const scripts = {
        r1: { [step]: change },
        r2: { [step]: change },
        r3: { [step]: change },
        r4: { [step]: change },
      };
      const before = labSources(second, { checkpoint: 20, commitIndex: 30, base: 20 }, scripts);
      const after = labSources(third, KEPT);
      const client = {
        get sources() {
          return lab === second ? before : after;
        },
        get roster() {
          return lab.roster;
        },
        get files() {
          return { origin: first.file, current: lab.file };
        },
        execute: () => Promise.resolve({ result: new Uint8Array(), index: 30 }),
      };
      const taken = await takeBackup(client, { path, backend, machine: new KvStore(), ...QUICK });
      assertEquals([taken.epoch, taken.index], [3, 37], step);
      assertEquals(Deno.readFileSync(path), third.backup(35, 37));
      assertEquals([...Deno.readDirSync(directory)].map(({ name }) => name), ["backup"]);
    });
  }
});
