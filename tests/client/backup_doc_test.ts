/** Shows that `docs/backup.md` suffices to check a backup: this does so with SHA-256, ECDSA and that text, and no code of this project. */
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { createHash } from "node:crypto";
import { RECORD_BYTES, RECORD_LIMITS } from "../../client/backup/format.ts";
import type { Roster } from "../../crypto/roster/roster_types.ts";
import { BackupLab } from "./backup_lab.ts";

const text = Deno.readTextFileSync(new URL("../../docs/backup.md", import.meta.url)).replaceAll(/ {2,}/g, " ");
const utf8 = new TextEncoder();
const lab = new BackupLab({ entries: 17 });
const MAGIC_BYTES = 16;

function sha256(...parts: readonly Uint8Array[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
}

/** Reads the encodings of `wire.md`. */
class Bytes {
  at = 0;
  constructor(readonly bytes: Uint8Array) {}
  take = (length: number) => this.bytes.subarray(this.at, this.at += length);
  number = (length: number) => this.take(length).reduce((value, byte) => value * 256 + byte, 0);
  hash = () => this.take(32).toHex();
  id = () => new TextDecoder().decode(this.take(this.number(1)));
  list = <T>(item: () => T): T[] => Array.from({ length: this.number(4) }, item);
  head = () => ({ index: this.number(8), hash: this.hash() });
  certified = () => ({ term: this.number(8), ...this.head() });
  signed = () => ({ body: this.take(this.number(4)), signature: this.take(64) });
  get done() {
    return this.at === this.bytes.length;
  }
}

const u64 = (value: number): Uint8Array => {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return bytes;
};
const chain = (before: string, index: number, term: number, body: string): string =>
  sha256(Uint8Array.fromHex(before), u64(index), u64(term), Uint8Array.fromHex(body));

/** Checks backups against `roster`, by the steps of the document. */
class Checker {
  constructor(readonly roster: Roster) {}

  check(file: Uint8Array): { readonly index: number; readonly hash: string } {
    assertEquals(file.subarray(-32).toHex(), sha256(file.subarray(0, -32)), "step 1");
    const reader = new Bytes(file);
    assertEquals(reader.take(MAGIC_BYTES), utf8.encode("bft-raft backup\n"), "step 2");
    assertEquals([reader.number(1), reader.id()], [3, this.roster.cluster]);
    assertEquals(reader.number(8), 1);
    const records: { readonly type: number; readonly content: Bytes }[] = [];
    while (!reader.done) records.push({ type: reader.number(1), content: new Bytes(reader.take(reader.number(4))) });
    assert(/^(12+)?(34+)?0$/.test(records.map(({ type }) => type).join("")), "step 2");
    const of = (type: number) => records.filter((record) => record.type === type).map(({ content }) => content);
    let head = { index: 0, hash: sha256(utf8.encode(this.roster.cluster)) };
    const [proof] = of(1);
    if (proof !== undefined) head = this.checkpoint(proof, of(2).map(({ bytes }) => bytes));
    const [certificate] = of(3);
    if (certificate === undefined) return head;
    assertEquals(certificate.take(2), Uint8Array.of(2, 2), "version, commit");
    const end = this.commit(certificate);
    for (const entry of of(4)) {
      assertEquals([entry.number(1), entry.number(8)], [2, head.index + 1], "step 7");
      const term = entry.number(8);
      const body = entry.take(entry.number(4));
      assert(entry.done);
      head = { index: head.index + 1, hash: chain(head.hash, head.index + 1, term, sha256(body)) };
    }
    assertEquals(head, end, "step 7");
    return head;
  }

  checkpoint(proof: Bytes, chunks: readonly Uint8Array[]): { readonly index: number; readonly hash: string } {
    assertEquals(proof.number(1), 2);
    const head = proof.head();
    const digest = proof.hash();
    assert(head.index > 0 && head.index % this.roster.constants.checkpointEvery === 0, "step 4");
    this.quorum("Checkpoint", proof.list(proof.signed), (body) => {
      const replica = body.id();
      assertEquals([body.head(), body.hash()], [head, digest], "step 4");
      return replica;
    });
    assertEquals(this.commit(proof), head, "step 4");
    this.snapshot(digest, chunks);
    return head;
  }

  /** Step 5. */
  snapshot(digest: string, chunks: readonly Uint8Array[]): void {
    assertEquals(sha256(chunks[0]!), digest);
    const head = new Bytes(chunks[0]!);
    assertEquals(head.number(1), 2);
    head.number(4);
    const count = head.number(4);
    const lists = Array.from({ length: Math.ceil(count / 4096) }, head.hash);
    assert(head.done);
    assertEquals(chunks.slice(1, 1 + lists.length).map((list) => sha256(list)), lists);
    const named = chunks.slice(1, 1 + lists.length).flatMap((list) =>
      Array.from({ length: list.length / 32 }, (_, i) => list.subarray(32 * i, 32 * i + 32).toHex())
    );
    assertEquals(named.length, count);
    assertEquals(chunks.slice(1 + lists.length).map((chunk) => sha256(chunk)), named);
  }

  /** Step 6. */
  commit(certificate: Bytes): { readonly index: number; readonly hash: string } {
    const { term, index, hash } = certificate.certified();
    assert(term >= 1);
    const hashes = [hash];
    const links = certificate.list(() => ({ term: certificate.number(8), digest: certificate.hash() }));
    links.forEach((link, i) => hashes.push(chain(hashes[i]!, index + i + 1, link.term, link.digest)));
    let highest = 0;
    this.quorum("AppendEntriesResponse", certificate.list(certificate.signed), (body) => {
      assertEquals(body.number(8), term);
      const replica = body.id();
      body.list(body.head);
      const prepared = body.certified();
      assertEquals([prepared.term, prepared.hash], [term, hashes[prepared.index - index]]);
      highest = Math.max(highest, prepared.index);
      return replica;
    });
    assertEquals(links.length, highest - index);
    assert(certificate.done);
    return { index, hash };
  }

  /** Step 3; `read` returns the replica that a body of `kind` names. */
  quorum(
    kind: string,
    signed: readonly { readonly body: Uint8Array; readonly signature: Uint8Array }[],
    read: (body: Bytes) => string,
  ): void {
    const n = this.roster.replicas.length;
    const names = signed.map(({ body, signature }) => {
      const reader = new Bytes(body);
      reader.take(2);
      const replica = read(reader);
      const { publicKey } = this.roster.replicas.find(({ id }) => id === replica)!;
      const named = (name: string) => Uint8Array.of(name.length, ...utf8.encode(name));
      const digest = Uint8Array.fromHex(sha256(named(`bft-raft/v2/${kind}`), named(this.roster.cluster), body));
      assert(secp256k1.verify(signature, digest, Uint8Array.fromHex(publicKey), { prehash: false }), "step 3");
      return replica;
    });
    assertEquals(new Set(names).size, names.length, "different replicas");
    assert(names.length >= Math.ceil((n + Math.floor((n - 1) / 3) + 1) / 2), "a quorum");
  }
}

Deno.test("docs/backup.md: its steps alone prove a backup", () => {
  for (const [from, to] of [[null, 4], [15, 15], [10, 17]] as const) {
    const { index, hash } = new Checker(lab.roster).check(lab.backup(from, to));
    assertEquals([index, hash], [to, lab.head(to).hash]);
  }
});

Deno.test("docs/backup.md: its steps refuse what is not proven", () => {
  const checker = new Checker(lab.roster);
  const refused = (file: Uint8Array) => assertThrows(() => checker.check(file));
  refused(lab.backup(10, 17).with(700, 1));
  refused(lab.backup(10, 17, { certificate: lab.certificate(17, { by: ["r1", "r2"] }) }));
  refused(lab.backup(10, 17, { certificate: lab.certificate(16) }));
  refused(lab.backup(10, 17, { proof: lab.proof(5) }));
  refused(new BackupLab({ entries: 17 }).backup(10, 17));
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
  assertEquals(rows, wanted);
  assert(text.includes(`the last record, type ${end}, length ${RECORD_LIMITS.end}`));
});
