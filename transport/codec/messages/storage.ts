/** Encodings of what is kept on disk: a version byte, then the value as on the wire. */
import type { Certificate, CheckpointProof, ElectionProof } from "../../../protocol/certificate.ts";
import type { Entry } from "../../../protocol/entry.ts";
import type { Evidence } from "../../../protocol/evidence.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import type { QueryResult } from "../../../protocol/ports.ts";
import { version, WIRE_VERSION } from "../kinds.ts";
import { bytes, decodeExactly, encodeWhole, type Schema, struct, uint53 } from "../schema.ts";
import { certificate, checkpointProof, electionProof } from "./certificate.ts";
import { entry } from "./entry.ts";
import { evidence } from "./evidence.ts";

/** Both directions of one encoding. */
export interface Codec<T> {
  /** Encodes `value`. Throws RangeError on a value beyond its limits. */
  encode(value: T): Uint8Array;
  /** Decodes `bytes`, into which byte fields of the value are views. Throws DecodeError on anything that `encode` does not write. */
  decode(bytes: Uint8Array): T;
}

/** Returns the codec of `value` after a version byte; `name` is for errors. */
export function codec<T>(name: string, value: Schema<T>): Codec<T> {
  const whole = struct<{ readonly version: typeof WIRE_VERSION; readonly value: T }>({ version, value });
  return {
    encode: (given) => encodeWhole(whole, { version: WIRE_VERSION, value: given }),
    decode: (given) => decodeExactly(whole, given, name).value,
  };
}

export const certificateCodec: Codec<Certificate> = codec("Certificate", certificate);
export const electionProofCodec: Codec<ElectionProof> = codec("ElectionProof", electionProof);
export const checkpointProofCodec: Codec<CheckpointProof> = codec("CheckpointProof", checkpointProof);
export const evidenceCodec: Codec<Evidence> = codec("Evidence", evidence);
/** Index, term and body; `requests` is decoded from the body again. */
export const entryCodec: Codec<Entry> = codec("Entry", entry);

/** Payload of a fast read (§7.4): the answer's version and value, compared as a whole. */
export const queryResultCodec: Codec<QueryResult> = codec(
  "QueryResult",
  struct<QueryResult>({ version: uint53, value: bytes(LIMITS.maxResultBytes) }),
);
