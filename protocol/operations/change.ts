/**
 * Change of the roster, as one command: the difference between two rosters, and the operators' signatures over the new one (§13.2).
 *
 * Layout, big-endian. A command: `u8 1, u64 epoch, 32 bytes previous, 32 bytes signed, u8 count`, then `count` times
 * `33 bytes key, 64 bytes signature` by ascending keys, then `u32 length, difference`. Its result: `u8 code, u64 epoch, 32 bytes digest`. Either
 * has exactly one encoding.
 */
import { ByteReader } from "../bytes/byte_reader.ts";
import { ByteWriter } from "../bytes/byte_writer.ts";
import { DIGEST_BYTES, SIGNATURE_BYTES } from "../bytes/sizes.ts";
import { type Digest, digest } from "../ids.ts";
import { LIMITS } from "../limits.ts";

const VERSION = 1;
/** The first roster is made, not changed to. */
const FIRST_EPOCH = 2;
const KEY_BYTES = 33;
/** Operators of the roster before, and of the new one. */
export const MAX_CHANGE_SIGNATURES = 2 * LIMITS.maxOperators;
const FRAME_BYTES = 1 + 8 + 2 * DIGEST_BYTES + 1 + 4;

/** The signature of one operator. */
export interface ChangeSignature {
  /** Compressed public key. */
  readonly key: Uint8Array;
  readonly signature: Uint8Array;
}

/** A change of the roster, to be ordered. */
export interface ChangeCommand {
  /** Epoch of the new roster. */
  readonly epoch: number;
  /** Digest of the roster before. */
  readonly previous: Digest;
  /** The digest that the operators signed: of the new roster with its domain (§2.2). */
  readonly signed: Digest;
  /** 1 to {@linkcode MAX_CHANGE_SIGNATURES}, by ascending keys. */
  readonly signatures: readonly ChangeSignature[];
  /** At most `LIMITS.maxChangeBytes`; what it says is no matter of the protocol. */
  readonly difference: Uint8Array;
}

/** Returns the encoding of a change. Throws `RangeError` on one that {@linkcode decodeChange} would not take. */
export function encodeChange({ epoch, previous, signed, signatures, difference }: ChangeCommand): Uint8Array {
  const size = FRAME_BYTES + signatures.length * (KEY_BYTES + SIGNATURE_BYTES) + difference.length;
  const writer = new ByteWriter(size).u8(VERSION).u64(epoch).digest(previous).digest(signed).u8(signatures.length);
  for (const { key, signature } of signatures) writer.raw(key).raw(signature);
  const bytes = writer.bytes(difference, LIMITS.maxChangeBytes).finish();
  return decodeChange(bytes) === null ? writer.fail("wanted a change as it can be read again") : bytes;
}

/** Returns the change that `bytes` are the encoding of, or null. Its byte fields are views. */
export function decodeChange(bytes: Uint8Array): ChangeCommand | null {
  const reader = new ByteReader(bytes);
  if (reader.u8() !== VERSION) return null;
  const epoch = reader.u64();
  const [previous, signed] = [digest(reader.digest()), digest(reader.digest())];
  const signatures = readSignatures(reader);
  const difference = reader.bytes(LIMITS.maxChangeBytes);
  if (!reader.done || epoch < FIRST_EPOCH || signatures === null) return null;
  return { epoch, previous, signed, signatures, difference };
}

function readSignatures(reader: ByteReader): ChangeSignature[] | null {
  const count = reader.u8();
  if (count < 1 || count > MAX_CHANGE_SIGNATURES) return null;
  const signatures: ChangeSignature[] = [];
  for (let i = 0; i < count; i++) {
    const [key, signature] = [reader.raw(KEY_BYTES), reader.raw(SIGNATURE_BYTES)];
    const last = signatures.at(-1)?.key;
    if (reader.failed || (last !== undefined && last.toHex() >= key.toHex())) return null;
    signatures.push({ key, signature });
  }
  return signatures;
}

/** Codes of results by their place: what is wrong with a change, nothing first. Places never change. */
const CODES = [
  ...[
    "valid",
    "epoch",
    "previous",
    "signature",
    "operators",
    "difference",
    "roster",
    "successor",
    "malformed",
  ] as const,
];

/**
 * The fault of a change: another epoch or roster before, a signature that does not verify, too few operators, a difference that leads to
 * no roster or to another than was signed, a roster that is none, one that may not follow, or bytes that are no change.
 */
export type ChangeRefusal = Exclude<(typeof CODES)[number], "valid">;

/** The result of a change. */
export interface ChangeResult {
  /** Null if it is valid. */
  readonly refusal: ChangeRefusal | null;
  /** Epoch and digest of the roster that it leads to, or, if it is refused, of the one in force. */
  readonly epoch: number;
  readonly digest: Digest;
}

/** Returns the encoding of a result. */
export const encodeChangeResult = ({ refusal, epoch, digest }: ChangeResult): Uint8Array =>
  new ByteWriter(1 + 8 + DIGEST_BYTES).u8(CODES.indexOf(refusal ?? "valid")).u64(epoch).digest(digest).finish();

/** Returns the result that `bytes` are the encoding of, or null. */
export function decodeChangeResult(bytes: Uint8Array): ChangeResult | null {
  const reader = new ByteReader(bytes);
  const code = CODES[reader.u8()];
  const [epoch, found] = [reader.u64(), digest(reader.digest())];
  if (!reader.done || code === undefined || epoch < 1) return null;
  return { refusal: code === "valid" ? null : code, epoch, digest: found };
}
