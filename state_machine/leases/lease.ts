/** A lease: keys that go together once it has ended, unless it is renewed. Its page in a snapshot is its encoding (`docs/kv-commands.md`). */
import { sha256Hex } from "../../crypto/digest.ts";
import { ByteReader } from "../../protocol/bytes/byte_reader.ts";
import { ByteWriter } from "../../protocol/bytes/byte_writer.ts";
import { type ClientId, clientId, type Digest, type Millis } from "../../protocol/ids.ts";
import { LIMITS } from "../../protocol/limits.ts";
import { KV_LIMITS } from "../kv_limits.ts";
import { utf8Length } from "../utf8_length.ts";

/** The content of a lease. */
export interface LeaseFields {
  /** Its number, from 1. */
  readonly id: number;
  /** The client that it was granted to, who alone renews it, revokes it and puts keys into it. */
  readonly client: ClientId;
  readonly ttlMs: Millis;
  /** Log time at which it ends: its time to live and `LIMITS.clockLeadMs` behind its grant or last renewal (§15.6). */
  readonly deadline: Millis;
  /** Its keys in the order in which they were put into it. */
  readonly keys: readonly string[];
}

/** Never changes: a change makes another one, so frozen views may share it. */
export class Lease implements LeaseFields {
  readonly id: number;
  readonly client: ClientId;
  readonly ttlMs: Millis;
  readonly deadline: Millis;
  readonly keys: readonly string[];
  #digest: Digest | null;

  constructor({ id, client, ttlMs, deadline, keys }: LeaseFields, digest: Digest | null = null) {
    this.id = id;
    this.client = client;
    this.ttlMs = ttlMs;
    this.deadline = deadline;
    this.keys = keys;
    this.#digest = digest;
  }

  /** Length of the encoding. */
  get bytes(): number {
    const keys = this.keys.reduce((sum, key) => sum + 2 + utf8Length(key), 0);
    return 8 + 2 + utf8Length(this.client) + 8 + 8 + keys;
  }

  /** True if the digest is known, so that asking for it costs nothing. */
  get isDigested(): boolean {
    return this.#digest !== null;
  }

  /** SHA-256 of the encoding. */
  get digest(): Digest {
    if (this.#digest === null) this.encodeDigested();
    return this.#digest!;
  }

  /** Returns this lease with other fields. */
  with(changed: Partial<LeaseFields>): Lease {
    const { id, client, ttlMs, deadline, keys } = this;
    return new Lease({ id, client, ttlMs, deadline, keys, ...changed });
  }

  /** Returns the encoding, and remembers its digest. */
  encodeDigested(): Uint8Array {
    const bytes = this.encode();
    this.#digest = sha256Hex(bytes);
    return bytes;
  }

  /** Returns the canonical bytes, made anew. */
  encode(): Uint8Array {
    const writer = new ByteWriter(this.bytes).u64(this.id);
    writer.u16(utf8Length(this.client)).utf8(this.client, utf8Length(this.client)).u64(this.ttlMs).u64(this.deadline);
    for (const key of this.keys) writer.u16(utf8Length(key)).utf8(key, utf8Length(key));
    return writer.finish();
  }
}

/** Returns the lease in `bytes`, whose SHA-256 digest is `digest`. Throws a RangeError that says what is wrong unless a store can have it. */
export function decodeLease(bytes: Uint8Array, digest: Digest): Lease {
  const reader = new ByteReader(bytes);
  const id = reader.u64();
  const client = clientId(reader.text(1, LIMITS.maxIdBytes));
  const [ttlMs, deadline] = [reader.u64(), reader.u64()];
  const keys: string[] = [];
  while (reader.more && keys.length <= KV_LIMITS.maxLeaseKeys) keys.push(reader.text(1, KV_LIMITS.maxKeyBytes));
  if (!reader.done) throw new RangeError(`is no lease, or one of more than ${KV_LIMITS.maxLeaseKeys} keys`);
  if (id < 1 || keys.length > KV_LIMITS.maxLeaseKeys || !isTtl(ttlMs) || deadline < ttlMs + LIMITS.clockLeadMs) {
    throw new RangeError(`holds lease ${id} of ${keys.length} keys for ${ttlMs} ms until ${deadline}, which cannot be`);
  }
  return new Lease({ id, client, ttlMs, deadline, keys }, digest);
}

/** Returns whether a lease may be granted for that long. */
export const isTtl = (ttlMs: number): boolean => ttlMs >= KV_LIMITS.minLeaseMs && ttlMs <= KV_LIMITS.maxLeaseMs;
