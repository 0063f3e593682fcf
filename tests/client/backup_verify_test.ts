/** Backups are accepted for what a quorum signed, and for nothing else. */
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { createHash } from "node:crypto";
import { bytesSource } from "../../client/backup/hashed_source.ts";
import { verifyBackup } from "../../client/backup/verify_backup.ts";
import { type BackupFault, InvalidBackupError } from "../../client/errors.ts";
import { KvStore } from "../../state_machine/mod.ts";
import { backend } from "../support/backends.ts";
import { BackupLab, type LabProofs } from "./backup_lab.ts";

const lab = new BackupLab({ entries: 17 });
const ENTRIES = lab.backup(null, 4);
const CHECKPOINT = lab.backup(15, 15);
const BOTH = lab.backup(10, 17);

function verify(bytes: Uint8Array, roster = lab.roster) {
  const machine = new KvStore();
  return { machine, ...verifyBackup(bytesSource(bytes), { roster, backend, machine }) };
}

function refusal(bytes: Uint8Array, roster = lab.roster): InvalidBackupError {
  return assertThrows(() => verify(bytes, roster), InvalidBackupError);
}

/** Returns the same bytes with the digest that belongs to them, as a deliberate forger would. */
function resealed(bytes: Uint8Array): Uint8Array {
  const sealed = bytes.slice();
  sealed.set(createHash("sha256").update(sealed.subarray(0, -32)).digest(), sealed.length - 32);
  return sealed;
}

const flipped = (bytes: Uint8Array, at: number, by = 1) => bytes.with(at, bytes[at]! ^ by);

Deno.test("backup: a checkpoint and the entries behind it become the state the replicas have", () => {
  const { machine, ...found } = verify(BOTH);
  assertEquals(machine.digest(), lab.machine.digest());
  assertEquals([machine.revision, machine.size], [lab.machine.revision, lab.machine.size]);
  const { stateDigest: _, ...facts } = found;
  assertEquals<unknown>(facts, {
    ...{ cluster: lab.roster.cluster, epoch: 1, index: 17, hash: lab.head(17).hash, signers: ["r1", "r2", "r3"] },
    checkpoint: { index: 10, stateDigest: lab.snapshots.get(10)!.stateDigest },
    ...{ chunks: lab.snapshots.get(10)!.digests.length, entries: 7, bytes: BOTH.length },
  });
});

Deno.test("backup: the state digest is what a checkpoint at that index names, however the state came about", () => {
  const [checkpoint, both, entries] = [CHECKPOINT, lab.backup(5, 15), lab.backup(null, 15)].map((file) => verify(file));
  const { stateDigest } = lab.snapshots.get(15)!;
  assertEquals([checkpoint, both, entries].map((found) => found!.stateDigest), [stateDigest, stateDigest, stateDigest]);
  assertEquals([checkpoint!.entries, both!.entries, entries!.entries], [0, 10, 15]);
  assertEquals(entries!.checkpoint, null);
});

/** Step between bytes that the digest of the file covers, all alike; odd, so that every bit is covered. */
const ALIKE = 7;

/** Each kind of file, and the step between bytes that mean something to the one who checks what is sealed; odd again. */
for (const [name, file, step] of [["entries", ENTRIES, 1], ["checkpoint", CHECKPOINT, 5], ["both", BOTH, 5]] as const) {
  Deno.test(`backup of ${name}: any changed byte is refused as damage`, () => {
    for (let at = 0; at < file.length; at += at < 64 ? 1 : ALIKE) {
      const { code } = refusal(flipped(file, at, 1 << at % 8));
      assert(code === "damaged" || (at < 16 && code === "not-a-backup"), `byte ${at}: ${code}`);
    }
  });

  Deno.test(`backup of ${name}: any changed byte is refused even with the right digest at the end`, () => {
    for (let at = 0; at < file.length - 32; at += step) refusal(resealed(flipped(file, at, 1 << at % 8)));
  });

  Deno.test(`backup of ${name}: cut off anywhere, or with bytes behind it, it is refused`, () => {
    for (let length = 0; length < file.length; length += ALIKE * step) {
      const { code } = refusal(file.slice(0, length));
      assert(code === "damaged" || (length < 16 && code === "not-a-backup"), `${length} bytes: ${code}`);
      if (length > 60) refusal(resealed(file.slice(0, length)));
    }
    refusal(Uint8Array.of(...file, 0));
    refusal(resealed(Uint8Array.of(...file, ...new Uint8Array(32))));
  });
}

/** Returns the start, type and content end of each record. */
function recordsOf(file: Uint8Array) {
  const view = new DataView(file.buffer, file.byteOffset);
  const records: { readonly type: number; readonly start: number; readonly end: number }[] = [];
  for (let at = 26 + file[17]!; at < file.length;) {
    const end = at + 5 + view.getUint32(at + 1);
    records.push({ type: file[at]!, start: at, end });
    at = end;
  }
  return records;
}

const without = (file: Uint8Array, start: number, end: number) =>
  resealed(Uint8Array.of(...file.subarray(0, start), ...file.subarray(end)));

Deno.test("backup: a record left out, doubled or in another's place is refused", () => {
  const records = recordsOf(BOTH);
  assertEquals([...new Set(records.map(({ type }) => type))], [1, 2, 3, 4, 0]);
  for (const [i, { start, end }] of records.slice(0, -1).entries()) {
    refusal(without(BOTH, start, end));
    refusal(resealed(Uint8Array.of(...BOTH.subarray(0, end), ...BOTH.subarray(start))));
    const next = records[i + 1]!;
    const swapped = [BOTH.subarray(0, start), BOTH.subarray(next.start, next.end), BOTH.subarray(start, end)];
    refusal(resealed(Uint8Array.of(...swapped.flatMap((part) => [...part]), ...BOTH.subarray(next.end))));
  }
});

Deno.test("backup: a length is compared with its limit before anything is read", () => {
  for (const { type, start } of recordsOf(BOTH)) {
    const huge = BOTH.slice();
    huge.set([0xff, 0xff, 0xff, 0xff], start + 1);
    const { message } = refusal(resealed(huge));
    assertStringIncludes(message, "of 4294967295 bytes");
    assertStringIncludes(message, "wanted at most");
    const unknown = refusal(resealed(BOTH.with(start, 9)));
    assertStringIncludes(unknown.message, `type 9 at byte`, `record of type ${type}`);
  }
});

Deno.test("backup: too few signatures, a stranger's, or one replica's twice prove nothing", () => {
  const { responses, ...point } = lab.certificate(17);
  const forgeries: LabProofs[] = [
    { certificate: lab.certificate(17, { by: ["r1", "r2"] }) },
    { certificate: lab.certificate(17, { by: ["r1", "r2", "r2"] }) },
    { certificate: lab.certificate(17, { by: ["r1", "r2", "c1"] }) },
    {
      certificate: { ...point, responses: responses.map((each) => ({ ...each, signature: responses[0]!.signature })) },
    },
    { certificate: { ...point, kind: "prepare", responses } },
    { proof: lab.proof(10, ["r1", "r2"]) },
    { proof: { ...lab.proof(10), commit: lab.certificate(5) } },
    { proof: { ...lab.proof(10), commit: lab.certificate(10, { by: ["r1"] }) } },
    {
      proof: { ...lab.proof(10), stable: { ...lab.proof(10).stable, stateDigest: lab.snapshots.get(5)!.stateDigest } },
    },
  ];
  for (const proofs of forgeries) {
    const { code, message } = refusal(lab.backup(10, 17, proofs));
    assertEquals<BackupFault>(code, "unproven");
    assertStringIncludes(message, "no quorum of the roster proves");
  }
});

Deno.test("backup: another cluster's keys prove nothing, even under the same name", () => {
  const other = new BackupLab({ entries: 17 });
  assertStringIncludes(refusal(other.backup(10, 17)).message, "no quorum of the roster proves");
  const { code, message } = refusal(new BackupLab({ entries: 6, cluster: "other" }).backup(5, 6));
  assertEquals<BackupFault>(code, "another-cluster");
  assertStringIncludes(message, 'given one of cluster "other", and the roster of test-cluster');
});

Deno.test("backup: the faults of a file have names", () => {
  assertEquals(refusal(new TextEncoder().encode("something else entirely")).code, "not-a-backup");
  assertEquals(refusal(resealed(BOTH.with(16, 1))).code, "unknown-version");
  assertStringIncludes(refusal(resealed(BOTH.with(16, 1))).message, "given version 1; wanted 3");
  assertEquals(refusal(BOTH.slice(0, 100)).code, "damaged");
  const empty = without(BOTH, recordsOf(BOTH)[0]!.start, recordsOf(BOTH).at(-1)!.start);
  assertStringIncludes(refusal(empty).message, "neither a checkpoint nor a commit certificate");
});
