/**
 * The body of an entry: a count, then each request's signed bytes and signature. There is exactly one encoding of a
 * list of requests, so equal bodies mean equal requests and the hash of the body binds the signatures too (§3.1).
 *
 * Layout, big-endian: `u16 count`, then `count` times `u32 length, body, 64-byte signature`. A no-op has count 0. The body of an
 * entry of statements (§15.1) is the same with {@linkcode STATEMENTS} added to the count, which is at least 1.
 */
import { ByteReader } from "./bytes/byte_reader.ts";
import { ByteWriter } from "./bytes/byte_writer.ts";
import { SIGNATURE_BYTES } from "./bytes/sizes.ts";
import { LIMITS } from "./limits.ts";
import type { ClockStatement, Request } from "./message.ts";
import type { Signed } from "./signed.ts";

const COUNT_BYTES = 2;
const LENGTH_BYTES = 4;
/** Added to the count of an entry of statements; no entry has as many requests. */
const STATEMENTS = 0x8000;

/** Signed bytes of one request, not yet decoded. */
export interface SignedBytes {
  readonly body: Uint8Array;
  readonly signature: Uint8Array;
}

/** Returns the bytes one request takes in an entry's body. */
export const requestSize = (request: SignedBytes): number => LENGTH_BYTES + request.body.length + SIGNATURE_BYTES;

/** Returns the body of an entry holding `requests`. */
export const joinRequests = (requests: readonly Signed<Request>[]): Uint8Array => join(requests, requests.length);

/** Returns the body of an entry holding `statements`, at least one (§15.1). */
export const joinStatements = (statements: readonly Signed<ClockStatement>[]): Uint8Array =>
  join(statements, STATEMENTS + statements.length);

function join(parts: readonly SignedBytes[], count: number): Uint8Array {
  const size = parts.reduce((sum, part) => sum + requestSize(part), COUNT_BYTES);
  const writer = new ByteWriter(size).u16(count);
  for (const { body, signature } of parts) writer.bytes(body).raw(signature);
  return writer.finish();
}

/** Returns the requests' signed bytes as views into `body`, or null unless `body` is exactly such a list within the limits. */
export const splitRequests = (body: Uint8Array): SignedBytes[] | null =>
  split(body, (count) => count <= LIMITS.maxEntryRequests ? count : null);

/** Likewise the statements'; null also where there is none, or more than replicas. */
export const splitStatements = (body: Uint8Array): SignedBytes[] | null =>
  split(body, (count) => count > STATEMENTS && count <= STATEMENTS + LIMITS.maxReplicas ? count - STATEMENTS : null);

function split(body: Uint8Array, lengthOf: (count: number) => number | null): SignedBytes[] | null {
  if (body.length > LIMITS.maxEntryBytes) return null;
  const reader = new ByteReader(body);
  const length = lengthOf(reader.u16());
  if (length === null) return null;
  const parts: SignedBytes[] = [];
  while (parts.length < length && !reader.failed) {
    parts.push({ body: reader.bytes(LIMITS.maxEntryBytes), signature: reader.raw(SIGNATURE_BYTES) });
  }
  return reader.done ? parts : null;
}
