/** §13.13: a backup of a later epoch is proven by any roster up to its own, as far as that one can tell. */
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { createHash } from "node:crypto";
import { bytesSource } from "../../../client/backup/hashed_source.ts";
import { verifyBackup } from "../../../client/backup/verify_backup.ts";
import { InvalidBackupError } from "../../../client/errors.ts";
import { fileOf, type RosterFile } from "../../../crypto/roster/parse_roster.ts";
import { setConstants } from "../../../crypto/roster/roster_edits.ts";
import { ByteWriter } from "../../../protocol/bytes/byte_writer.ts";
import { genesisProof } from "../../../protocol/epochs/genesis_proof.ts";
import { logIndex } from "../../../protocol/ids.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import { KvStore } from "../../../state_machine/mod.ts";
import { epochEndCodec } from "../../../transport/codec/mod.ts";
import { bent, genesisOf, putIn, threeEpochs } from "../../client/backup_epochs_lab.ts";
import { BackupLab } from "../../client/backup_lab.ts";
import { backend } from "../../support/backends.ts";

const MIB = 1024 * 1024;
const labs = threeEpochs();
const [first, second, third] = labs;
const rosters = labs.map(({ file }) => file);

function verify(bytes: Uint8Array, roster: RosterFile) {
  const machine = new KvStore();
  return { machine, ...verifyBackup(bytesSource(bytes), { roster, backend, machine }) };
}

const refusal = (bytes: Uint8Array, roster: RosterFile): InvalidBackupError =>
  assertThrows(() => verify(bytes, roster), InvalidBackupError);

/** Asserts that a backup is refused with this code, in these words. */
function assertRefused(bytes: Uint8Array, roster: RosterFile, code: string, text: string): void {
  const error = refusal(bytes, roster);
  assertEquals(error.code, code, error.message);
  assertStringIncludes(error.message, text);
}

function resealed(bytes: Uint8Array): Uint8Array {
  const sealed = bytes.slice();
  sealed.set(createHash("sha256").update(sealed.subarray(0, -32)).digest(), sealed.length - 32);
  return sealed;
}

Deno.test("§13.13c any roster up to its own proves a backup, whatever it begins with", () => {
  for (const [from, to] of [[31, 37], [35, 37], [35, 35]] as const) {
    for (const roster of rosters) {
      const { machine, ...found } = verify(third.backup(from, to), roster);
      assertEquals([found.epoch, found.index, found.hash], [3, to, third.head(to).hash]);
      assertEquals(found.signers.length, 3);
      if (to === 37) assertEquals(machine.digest(), third.machine.digest());
      if (to === 35) assertEquals(found.stateDigest, third.snapshots.get(35)!.stateDigest);
    }
  }
  assertEquals(verify(second.backup(20, 30), first.file).stateDigest, second.snapshots.get(30)!.stateDigest);
});

Deno.test("§13.13d the state that an epoch began with is proven by the end before, and not by the epoch's own roster", () => {
  for (const roster of rosters.slice(0, 2)) {
    const { stateDigest, signers, checkpoint } = verify(third.backup(31, 31), roster);
    assertEquals([stateDigest, checkpoint?.index], [third.genesis.stateDigest, 31]);
    assertEquals(signers, ["r1", "r2", "r3"], "of the epoch that ended there");
  }
  const text =
    "given a backup of what that epoch began with, and nothing that its own replicas certified, and the roster " +
    "of epoch 3; wanted a roster of epochs 1 to 2";
  assertRefused(third.backup(31, 31), third.file, "another-epoch", text);
  assertRefused(third.backup(31, 31, { ends: third.ends.slice(1) }), third.file, "another-epoch", "roster of epoch 2");
  const known = { roster: third.file, backend, machine: new KvStore(), genesis: third.genesis.hash };
  assertEquals(verifyBackup(bytesSource(third.backup(31, 31)), known).index, 31);
  const other = { ...known, machine: new KvStore(), genesis: second.genesis.hash };
  assertThrows(() => verifyBackup(bytesSource(third.backup(31, 31)), other), InvalidBackupError, "is known");
});

Deno.test("§13.13c a later roster, and one of an epoch whose end is missing, prove nothing, and it says which would", () => {
  const later = "given a backup of epoch 2, and the roster of epoch 3; wanted a roster of that epoch or an earlier one";
  assertRefused(second.backup(18, 30), third.file, "another-epoch", later);
  assertRefused(first.backup(10, 17), second.file, "another-epoch", "given a backup of epoch 1");
  const cut = third.backup(35, 37, { ends: third.ends.slice(1) });
  assertRefused(
    cut,
    first.file,
    "another-epoch",
    "ends of epochs from 2 on, and the roster of epoch 1; wanted a roster",
  );
  assertRefused(cut, first.file, "another-epoch", "wanted a roster of epochs 2 to 3");
  for (const roster of rosters.slice(1)) assertEquals(verify(cut, roster).index, 37);
});

Deno.test("§13.13c a backup of version 2 is one of epoch 1, and is read as ever", () => {
  const file = first.backup(10, 17);
  const at = 18 + file[17]!;
  const earlier = resealed(
    Uint8Array.of(...file.subarray(0, 16), 2, ...file.subarray(17, at), ...file.subarray(at + 8)),
  );
  const { epoch, stateDigest } = verify(earlier, first.file);
  assertEquals([epoch, stateDigest], [1, verify(file, first.file).stateDigest]);
  assertRefused(earlier, second.file, "another-epoch", "given a backup of epoch 1, and the roster of epoch 2");
  const later = second.backup(20, 30);
  const labelled = resealed(
    Uint8Array.of(...later.subarray(0, 16), 2, ...later.subarray(17, at), ...later.subarray(at + 8)),
  );
  assertRefused(labelled, first.file, "unproven", "an end of epoch 1 that is out of place");
});

Deno.test("§13.13c ends that are forged, in another order, of another cluster, doubled or missing prove nothing", () => {
  const [one, two] = third.ends as [typeof third.ends[0], typeof third.ends[0]];
  const stranger = threeEpochs()[2].ends;
  const few = {
    ...one,
    proof: { ...one.proof, stable: { ...one.proof.stable, checkpoints: one.proof.stable.checkpoints.slice(1) } },
  };
  const cases: readonly (readonly [typeof third.ends, RosterFile])[] = [
    [[few, two], first.file],
    [[bent(one, { stateDigest: first.snapshots.get(15)!.stateDigest }), two], first.file],
    [[one, bent(two, { stateDigest: first.snapshots.get(15)!.stateDigest })], first.file],
    [[one, bent(two, { index: logIndex(30), hash: second.head(30).hash })], first.file],
    [[{ ...one, before: two.before }, two], first.file],
    [[two, one], second.file],
    [[one, one, two], first.file],
    [[one, two, two], first.file],
    [[one], first.file],
    [[], third.file],
    [[one, { ...two, epoch: 3 }], first.file],
    ...rosters.map((roster) => [stranger, roster] as const),
    ...rosters.map((roster) => [[one, stranger[1]!], roster] as const),
  ];
  for (const [i, [ends, roster]] of cases.entries()) {
    const { code, message } = refusal(third.backup(35, 37, { ends }), roster);
    assert(code === "unproven", `case ${i}: ${code}: ${message}`);
  }
  assertRefused(
    first.backup(10, 17, { ends: [one] }),
    first.file,
    "unproven",
    "an end of epoch 1 that is out of place",
  );
  for (const epoch of [1, 2, 4]) refusal(third.backup(35, 37, { epoch }), first.file);
});

Deno.test("§13.13d a genesis of one's own choosing proves nothing, though the epoch's own roster cannot tell who signed the end", () => {
  const { stateDigest, digests: chunks } = second.snapshots.get(25)!;
  const end = bent(third.ends[1]!, { stateDigest });
  const genesis = genesisOf(third, end);
  const proofs = { ends: [third.ends[0]!, end], proof: genesisProof(genesis), chunks };
  const chosen = (to: number) => third.backup(31, to, proofs);
  assertRefused(chosen(31), third.file, "another-epoch", "wanted a roster of epochs 1 to 2");
  assertRefused(chosen(37), third.file, "unproven", "holds entries that lead to hash");
  for (const roster of rosters.slice(0, 2)) assertRefused(chosen(37), roster, "unproven", "an end of epoch 2");
});

Deno.test("§13.13d where the genesis is not proven, no session is opened whose standing rests on it", () => {
  const opens = (base: number) =>
    threeEpochs({
      requests: { 36: (lab) => [lab.register("c1", base)], 37: (lab) => [putIn(lab, "c1", 36, 1)] },
    });
  for (const base of [33, 20]) {
    const found = opens(base);
    const lab = found[2];
    const files = found.map(({ file }) => file);
    const states = files.slice(0, 2).map((roster) => verify(lab.backup(35, 37), roster).machine.digest());
    assertEquals(states, [lab.machine.digest(), lab.machine.digest()]);
    const text = "opens a session at index 36 from before its checkpoint";
    assertRefused(lab.backup(35, 37), lab.file, "another-epoch", text);
    // Of what the epoch began with on, it is proven where that was.
    assertEquals(verify(lab.backup(31, 37), lab.file).machine.digest(), lab.machine.digest());
    const moved = [lab.ends[0]!, bent(lab.ends[1]!, { index: logIndex(base === 33 ? 34 : 19) })];
    assertRefused(lab.backup(35, 37, { ends: moved }), lab.file, "another-epoch", text);
  }
  const fresh = opens(35)[2];
  assertEquals(verify(fresh.backup(35, 37), fresh.file).machine.digest(), fresh.machine.digest());
});

Deno.test("§13.13c any changed byte of the ends is refused, and so is a file that is cut off in them", () => {
  const file = third.backup(31, 32);
  const start = 26 + file[17]!;
  const view = new DataView(file.buffer);
  const end = start + 5 + view.getUint32(start + 1);
  const last = end + 5 + view.getUint32(end + 1);
  assertEquals([file[start], file[end], file[last]], [5, 5, 1]);
  for (let at = 16; at < last; at += at < start ? 1 : 7) {
    for (const roster of [first.file]) refusal(resealed(file.with(at, file[at]! ^ 1 << at % 8)), roster);
  }
  for (let length = start; length < last; length += 97) {
    refusal(resealed(Uint8Array.of(...file.subarray(0, length), ...new Uint8Array(32))), first.file);
    assertEquals(refusal(file.slice(0, length), first.file).code, "damaged");
  }
});

Deno.test("§13.4a a backup may end in a stop-sign: what it drops is dropped, and nothing lies behind", () => {
  assertEquals(verify(second.backup(30, 31), first.file).stateDigest, third.genesis.stateDigest);
  assertEquals(verify(second.backup(31, 31), first.file).stateDigest, third.genesis.stateDigest, "the state there");
  const lab = new BackupLab({ entries: 12 });
  lab.next(setConstants({ heartbeatMs: 33 }), { entries: 0 });
  lab.append([]);
  assertRefused(lab.backup(10, 14), lab.file, "unproven", "holds entry 14 behind the last one of its epoch");
});

/** A file that is made as it is read: a backup of the epoch behind `count` ends, of which only the last is about its roster. */
function* endlessChain(count: number, { roster: { cluster } }: RosterFile): Generator<Uint8Array> {
  const id = new TextEncoder().encode(cluster);
  yield new TextEncoder().encode("bft-raft backup\n");
  yield new ByteWriter(10 + id.length).u8(3).u8(id.length).raw(id).u64(count + 1).finish();
  const [one] = third.ends;
  for (let epoch = 1; epoch <= count; epoch++) {
    const entry = { ...one!.entry, body: new Uint8Array(LIMITS.maxEntryBytes), requests: null };
    const end = epochEndCodec.encode({ ...one!, epoch, entry });
    yield new ByteWriter(5).u8(5).u32(end.length).finish();
    yield end;
  }
  yield new ByteWriter(5).u8(0).u32(32).finish();
}

Deno.test("§13.13c a chain of ends is read one by one, however long it is", () => {
  const COUNT = 600;
  const roster = fileOf({ ...first.roster, epoch: COUNT + 1, previous: "ab".repeat(32) });
  const hash = createHash("sha256");
  const parts = endlessChain(COUNT, roster);
  let [left, bytes, most] = [new Uint8Array(0) as Uint8Array, 0, 0];
  let ended = false;
  const readSync = (into: Uint8Array): number | null => {
    if (left.length === 0) {
      const { value } = parts.next();
      if (value === undefined && ended) return null;
      ended = value === undefined;
      left = value ?? hash.digest();
      if (value !== undefined) hash.update(value);
    }
    const count = Math.min(into.length, left.length);
    into.set(left.subarray(0, count));
    left = left.subarray(count);
    bytes += count;
    most = Math.max(most, Deno.memoryUsage().rss);
    return count;
  };
  const before = Deno.memoryUsage().rss;
  const error = assertThrows(
    () => verifyBackup({ readSync }, { roster, backend, machine: new KvStore() }),
    InvalidBackupError,
    `holds an end of epoch ${COUNT}`,
  );
  assertEquals(error.code, "unproven");
  assert(bytes > 300 * MIB, `${bytes} bytes were read`);
  assert(most - before < 200 * MIB, `${(most - before) / MIB} MiB more are held`);
});
