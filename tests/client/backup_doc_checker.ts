/** A check of backups by the steps of `docs/backup.md`, with SHA-256, ECDSA and that text, and no code of this project. */
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { assert, assertEquals } from "@std/assert";
import { createHash } from "node:crypto";
import type { Roster } from "../../crypto/roster/roster_types.ts";

const utf8 = new TextEncoder();
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

interface SignedBytes {
  readonly body: Uint8Array;
  readonly signature: Uint8Array;
}

/** A commit certificate's point, and what leads to the highest report. */
interface Reported {
  readonly term: number;
  readonly index: number;
  readonly hash: string;
  readonly links: readonly { readonly term: number; readonly digest: string }[];
}

type Json = { readonly [name: string]: unknown };

/** JSON without white space, its members by name. */
const canonical = (value: unknown): string =>
  Array.isArray(value)
    ? `[${value.map(canonical).join(",")}]`
    : typeof value === "object" && value !== null
    ? `{${
      Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1).map(([name, member]) =>
        `${JSON.stringify(name)}:${canonical(member)}`
      ).join(",")
    }}`
    : JSON.stringify(value);
const named = (name: string) => Uint8Array.of(name.length, ...utf8.encode(name));
const digestOf = (roster: unknown) => sha256(utf8.encode(canonical(roster)));
const verifies = (digest: string, signature: Uint8Array, key: string) =>
  secp256k1.verify(signature, Uint8Array.fromHex(digest), Uint8Array.fromHex(key), { prehash: false });

/** Checks backups by the steps of the document, beginning with `roster`. */
export class DocumentChecker {
  roster: Roster;
  genesis: { readonly index: number; readonly hash: string; readonly digest: string | null };

  constructor(roster: Roster) {
    this.roster = roster;
    this.genesis = { index: 0, hash: sha256(utf8.encode(roster.cluster)), digest: null };
  }

  check(file: Uint8Array): { readonly index: number; readonly hash: string } {
    assertEquals(file.subarray(-32).toHex(), sha256(file.subarray(0, -32)), "step 1");
    const reader = new Bytes(file);
    assertEquals(reader.take(MAGIC_BYTES), utf8.encode("bft-raft backup\n"), "step 2");
    assertEquals([reader.number(1), reader.id()], [3, this.roster.cluster]);
    const epoch = reader.number(8);
    const own = this.roster.epoch;
    assert(own <= epoch, "step 2");
    const records: { readonly type: number; readonly content: Bytes }[] = [];
    while (!reader.done) records.push({ type: reader.number(1), content: new Bytes(reader.take(reader.number(4))) });
    const types = records.map(({ type }) => type).join("");
    assert((epoch === 1 ? /^(12+)?(34+)?0$/ : /^5+12+(34+)?0$/).test(types), "step 2");
    const of = (type: number) => records.filter((record) => record.type === type).map(({ content }) => content);
    this.ends(of(5), epoch);
    let head = this.point;
    const [proof] = of(1);
    if (proof !== undefined) head = this.checkpoint(proof, of(2).map(({ bytes }) => bytes));
    const [certificate] = of(3);
    assert(certificate !== undefined || own < epoch || epoch === 1 || head.index > this.genesis.index, "step 9");
    if (certificate === undefined) return head;
    assertEquals(certificate.take(2), Uint8Array.of(2, 2), "version, commit");
    const end = this.commit(certificate);
    for (const entry of of(4)) {
      assertEquals([entry.number(1), entry.number(8)], [2, head.index + 1], "step 8");
      head = this.entry(entry, head);
    }
    assertEquals(head, end, "step 8");
    return head;
  }

  get point() {
    return { index: this.genesis.index, hash: this.genesis.hash };
  }

  /** Step 8; `entry` is read up to its index. */
  entry(entry: Bytes, { index, hash }: { readonly index: number; readonly hash: string }, body?: Uint8Array[]) {
    const term = entry.number(8);
    const bytes = entry.take(entry.number(4));
    body?.push(bytes);
    assert(entry.done);
    return { index: index + 1, hash: chain(hash, index + 1, term, sha256(bytes)) };
  }

  /** Step 4. */
  ends(ends: readonly Bytes[], epoch: number): void {
    for (const [i, end] of ends.entries()) {
      assertEquals([end.number(1), end.number(8)], [2, epoch - ends.length + i], "step 4");
      this.end(end, epoch - ends.length + i);
    }
  }

  end(end: Bytes, epoch: number): void {
    const known = epoch >= this.roster.epoch;
    const head = end.head();
    const digest = end.hash();
    const checkpoints = end.list(end.signed);
    const certified = end.certified();
    assertEquals(end.number(4), 0, "no links");
    const responses = end.list(end.signed);
    if (known) {
      assertEquals(epoch, this.roster.epoch);
      this.checkpoints(checkpoints, head, digest);
      assertEquals(this.reports({ ...certified, links: [] }, responses), head, "step 4");
    }
    const before = end.hash();
    assertEquals(end.number(8), head.index);
    const bodies: Uint8Array[] = [];
    const chained = this.entry(end, { index: head.index - 1, hash: before }, bodies);
    if (known) {
      assertEquals(chained, head, "step 4");
      this.roster = this.changed(bodies[0]!);
    }
    const roster = Uint8Array.fromHex(digestOf(this.roster));
    const hash = sha256(roster, Uint8Array.fromHex(head.hash), Uint8Array.fromHex(digest));
    this.genesis = { index: head.index, hash, digest };
  }

  /** The roster that a stop-sign leads to. */
  changed(body: Uint8Array): Roster {
    const entry = new Bytes(body);
    assertEquals(entry.number(2), 1, "one request");
    const request = new Bytes(entry.signed().body);
    request.take(2);
    request.id();
    request.take(24);
    assertEquals(request.number(1), 3, "a change");
    const change = new Bytes(request.take(request.number(4)));
    assert(entry.done && request.done);
    const { roster } = this;
    assertEquals(
      [change.number(1), change.number(8), change.hash()],
      [1, roster.epoch + 1, digestOf(roster)],
      "step 4",
    );
    const signed = change.hash();
    const signers = Array.from({ length: change.number(1) }, () => {
      const key = change.take(33).toHex();
      assert(verifies(signed, change.take(64), key), "step 4");
      return key;
    });
    const { set, unset, put, remove } = JSON.parse(new TextDecoder().decode(change.take(change.number(4))));
    assert(change.done);
    const clients = new Map(roster.clients.map((client) => [`${client.id}`, client]));
    for (const id of remove) clients.delete(id);
    for (const client of put) clients.set(client.id, client);
    const kept = Object.entries(roster).filter(([name]) => !unset.includes(name));
    const next = { ...Object.fromEntries(kept) as Json, ...set, clients: [...clients.values()] } as Roster;
    const body2 = utf8.encode(canonical(next));
    assertEquals(sha256(named("bft-raft/v2/Roster"), named(roster.cluster), body2), signed, "step 4");
    assert(signers.includes(roster.operatorKey) && signers.includes(next.operatorKey), "one operator");
    assertEquals([next.epoch, next.previous, next.cluster], [roster.epoch + 1, digestOf(roster), roster.cluster]);
    return next;
  }

  checkpoint(proof: Bytes, chunks: readonly Uint8Array[]): { readonly index: number; readonly hash: string } {
    assertEquals(proof.number(1), 2);
    const head = proof.head();
    const digest = proof.hash();
    const checkpoints = proof.list(proof.signed);
    if (head.index === this.genesis.index && checkpoints.length === 0) {
      assertEquals([head, digest], [this.point, this.genesis.digest], "step 5");
      assertEquals([proof.certified(), proof.number(4), proof.number(4)], [{ term: 0, ...head }, 0, 0], "step 5");
      assert(proof.done);
    } else {
      assert(head.index > this.genesis.index, "step 5");
      this.checkpoints(checkpoints, head, digest);
      assertEquals(this.commit(proof), head, "step 5");
    }
    this.snapshot(digest, chunks);
    return head;
  }

  checkpoints(signed: readonly SignedBytes[], head: { readonly index: number; readonly hash: string }, digest: string) {
    this.quorum("Checkpoint", signed, (body) => {
      const replica = body.id();
      assertEquals([body.head(), body.hash()], [head, digest], "step 5");
      return replica;
    });
  }

  /** Step 6. */
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

  /** Step 7. */
  commit(certificate: Bytes): { readonly index: number; readonly hash: string } {
    const certified = certificate.certified();
    const links = certificate.list(() => ({ term: certificate.number(8), digest: certificate.hash() }));
    const point = this.reports({ ...certified, links }, certificate.list(certificate.signed));
    assert(certificate.done);
    return point;
  }

  reports({ term, index, hash, links }: Reported, responses: readonly SignedBytes[]) {
    assert(term >= 1);
    const hashes = [hash];
    links.forEach((link, i) => hashes.push(chain(hashes[i]!, index + i + 1, link.term, link.digest)));
    let highest = 0;
    this.quorum("AppendEntriesResponse", responses, (body) => {
      assertEquals(body.number(8), term);
      const replica = body.id();
      body.list(body.head);
      const prepared = body.certified();
      assertEquals([prepared.term, prepared.hash], [term, hashes[prepared.index - index]]);
      highest = Math.max(highest, prepared.index);
      return replica;
    });
    assertEquals(links.length, highest - index);
    return { index, hash };
  }

  /** Step 3; `read` returns the replica that a body of `kind` names. */
  quorum(kind: string, signed: readonly SignedBytes[], read: (body: Bytes) => string): void {
    const { replicas, cluster, epoch } = this.roster;
    const n = replicas.length;
    const domain = epoch === 1 ? cluster : `${cluster}/${digestOf(this.roster)}`;
    const names = signed.map(({ body, signature }) => {
      const reader = new Bytes(body);
      reader.take(2);
      const replica = read(reader);
      const { publicKey } = replicas.find(({ id }) => id === replica)!;
      assert(verifies(sha256(named(`bft-raft/v2/${kind}`), named(domain), body), signature, publicKey), "step 3");
      return replica;
    });
    assertEquals(new Set(names).size, names.length, "different replicas");
    assert(names.length >= Math.ceil((n + Math.floor((n - 1) / 3) + 1) / 2), "a quorum");
  }
}
