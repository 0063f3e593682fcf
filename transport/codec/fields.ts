/** Schemas of the protocol's own small types: branded numbers and names, heads, signed bodies. */
import { SIGNATURE_BYTES } from "../../protocol/bytes/sizes.ts";
import type { Head, Link } from "../../protocol/entry.ts";
import type { ClientId, Digest, LogIndex, ReplicaId, Round, Seq, Term } from "../../protocol/ids.ts";
import { LIMITS } from "../../protocol/limits.ts";
import type { Certified, Message } from "../../protocol/message.ts";
import type { Encoded, Signed } from "../../protocol/signed.ts";
import { kindHeader } from "./kinds.ts";
import { digest, type Fields, id, list, refine, type Schema, struct, uint53 } from "./schema.ts";

export const term = uint53 as Schema<Term>;
export const logIndex = uint53 as Schema<LogIndex>;
export const round = uint53 as Schema<Round>;
export const seq = uint53 as Schema<Seq>;
/** An integer of at least 1. */
export const positive: Schema<number> = refine(uint53, (value) => value > 0 ? null : "wanted at least 1, got 0");
/** Number of an epoch. */
export const epoch: Schema<number> = positive;
export const hash = digest as Schema<Digest>;
export const replicaId = id as Schema<ReplicaId>;
export const clientId = id as Schema<ClientId>;

/** `index ‖ hash`. */
export const head: Schema<Head> = struct<Head>({ index: logIndex, hash });

/** `term ‖ index ‖ hash`. */
export const certified: Schema<Certified> = struct<Certified>({ term, index: logIndex, hash });

/** `term ‖ digest`. */
export const link: Schema<Link> = struct<Link>({ term, digest: hash });

/** A term in which something may be signed: any but the genesis term 0. */
export const signingTerm: Schema<Term> = refine(term, (value) => value > 0 ? null : "wanted a term above 0");

/** Schemas of a body's fields without its kind. */
export type BodyFields<M extends Message> = Fields<Omit<M, "kind">>;

/** A signed body: version, kind, then its fields; `fault` describes what is wrong with fields that are each well-formed. */
export function body<M extends Message>(
  kind: M["kind"],
  fields: BodyFields<M>,
  fault?: (message: M) => string | null,
): Schema<M> {
  const whole = struct({ kind: kindHeader(kind), ...fields } as unknown as Fields<M>);
  return fault === undefined ? whole : refine(whole, fault);
}

/** Digests asked for: at least one, and no duplicates, so that one request never makes its receiver send a chunk twice (§8.3). */
export const wantedDigests: Schema<readonly Digest[]> = refine(list(hash, LIMITS.maxFetchChunks), (digests) => {
  if (digests.length === 0) return "wanted at least one digest";
  return new Set(digests).size === digests.length ? null : "wanted digests that differ";
});

const LENGTH_BYTES = 4;

/** A value inside another one of which the bytes matter: length, then those. Written as received, read strictly as `schema`. */
export const encoded = <T>(name: string, schema: Schema<T>): Schema<Encoded<T>> => ({
  minBytes: LENGTH_BYTES + schema.minBytes,
  read: (reader) => {
    const length = reader.u32();
    const body = reader.peek(length);
    return { message: reader.nested(length, name, schema.read), body };
  },
  write: (writer, { body }) => writer.bytes(body),
});

/** A body inside another value: length, the bytes as signed, signature. Written as received, read strictly as `schema`. */
export const signed = <M extends Message>(kind: M["kind"], schema: Schema<M>): Schema<Signed<M>> => ({
  minBytes: LENGTH_BYTES + SIGNATURE_BYTES + schema.minBytes,
  read: (reader) => {
    const length = reader.u32();
    reader.expectBytes(length + SIGNATURE_BYTES);
    const body = reader.peek(length);
    const message = reader.nested(length, kind, schema.read);
    return { message, body, signature: reader.raw(SIGNATURE_BYTES) };
  },
  write: (writer, value) => writer.signed(value.body, value.signature),
});
