/** Shows that `docs/backup.md` suffices to check a backup. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { RECORD_BYTES, RECORD_LIMITS } from "../../client/backup/format.ts";
import type { Roster } from "../../crypto/roster/roster_types.ts";
import { DocumentChecker } from "./backup_doc_checker.ts";
import { bent, threeEpochs } from "./backup_epochs_lab.ts";
import { BackupLab } from "./backup_lab.ts";

const text = Deno.readTextFileSync(new URL("../../docs/backup.md", import.meta.url)).replaceAll(/ {2,}/g, " ");
const lab = new BackupLab({ entries: 17 });

Deno.test("docs/backup.md: its steps alone prove a backup", () => {
  for (const [from, to] of [[null, 4], [15, 15], [10, 17]] as const) {
    const { index, hash } = new DocumentChecker(lab.roster).check(lab.backup(from, to));
    assertEquals([index, hash], [to, lab.head(to).hash]);
  }
});

Deno.test("docs/backup.md: its steps refuse what is not proven", () => {
  const checker = new DocumentChecker(lab.roster);
  const refused = (file: Uint8Array) => assertThrows(() => checker.check(file));
  refused(lab.backup(10, 17).with(700, 1));
  refused(lab.backup(10, 17, { certificate: lab.certificate(17, { by: ["r1", "r2"] }) }));
  refused(lab.backup(10, 17, { certificate: lab.certificate(16) }));
  refused(lab.backup(10, 17, { proof: lab.proof(5) }));
  refused(new BackupLab({ entries: 17 }).backup(10, 17));
});

Deno.test("docs/backup.md: its steps alone prove a backup of a later epoch, by any roster up to its own", () => {
  const labs = threeEpochs();
  const third = labs[2];
  for (const { roster } of labs) {
    for (const [from, to] of [[31, 37], [35, 37], [35, 35]] as const) {
      assertEquals(new DocumentChecker(roster).check(third.backup(from, to)), third.head(to));
    }
  }
  assertEquals(new DocumentChecker(labs[0].roster).check(third.backup(31, 31)), {
    index: third.genesis.index,
    hash: third.genesis.hash,
  });
  const [one, two] = third.ends as [typeof third.ends[0], typeof third.ends[0]];
  const refused = (file: Uint8Array, roster: Roster) => assertThrows(() => new DocumentChecker(roster).check(file));
  refused(third.backup(31, 31), third.roster);
  refused(labs[1].backup(20, 30), third.roster);
  refused(third.backup(35, 37, { ends: [two] }), labs[0].roster);
  refused(third.backup(35, 37, { ends: [two, one] }), labs[0].roster);
  for (const change of [{ stateDigest: one.before }, { hash: one.before }]) {
    refused(third.backup(31, 37, { ends: [one, bent(two, change)] }), labs[1].roster);
    refused(third.backup(31, 37, { ends: [one, bent(two, change)] }), third.roster);
  }
});

Deno.test("docs/backup.md names every type of record and its limit", () => {
  const KIB = 1024;
  const limit = (bytes: number) =>
    bytes % (KIB * KIB) === 0
      ? `${bytes / KIB / KIB} MiB`
      : `${Math.floor(bytes / KIB)} KiB${bytes % KIB ? ` + ${bytes % KIB} B` : ""}`;
  const rows = [...text.matchAll(/^\| (\d) \| (?:1|≥ 1) \| .* \| (.*?) \|$/gm)].map((
    [, type, most],
  ) => [Number(type), most]);
  const { end, ...others } = RECORD_BYTES;
  const wanted = Object.entries(others).map(([kind, type]) => [type, limit(RECORD_LIMITS[kind as "entry"])]);
  assertEquals(rows.sort(([a], [b]) => Number(a) - Number(b)), wanted);
  assert(text.includes(`the last record, type ${end}, length ${RECORD_LIMITS.end}`));
});
