/**
 * The body of an entry: a count, then each request's signed bytes and signature. There is exactly one encoding of a
 * list of requests, so equal bodies mean equal requests and the hash of the body binds the signatures too (§3.1).
 *
 * Layout, big-endian: `u16 count`, then `count` times `u32 length, body, 64-byte signature`. A no-op has count 0.
 */
import { ByteReader } from "./bytes/byte_reader.ts";
import { ByteWriter } from "./bytes/byte_writer.ts";
import { SIGNATURE_BYTES } from "./bytes/sizes.ts";
import { LIMITS } from "./limits.ts";
import type { Request } from "./message.ts";
import type { Signed } from "./signed.ts";

const COUNT_BYTES = 2;
const LENGTH_BYTES = 4;

/** Signed bytes of one request, not yet decoded. */
export interface SignedBytes {
  readonly body: Uint8Array;
  readonly signature: Uint8Array;
}

/** Returns the bytes one request takes in an entry's body. */
export const requestSize = (request: SignedBytes): number => LENGTH_BYTES + request.body.length + SIGNATURE_BYTES;

/** Returns the body of an entry holding `requests`. */
export function joinRequests(requests: readonly Signed<Request>[]): Uint8Array {
  const size = requests.reduce((sum, request) => sum + requestSize(request), COUNT_BYTES);
  const writer = new ByteWriter(size).u16(requests.length);
  for (const { body, signature } of requests) writer.bytes(body).raw(signature);
  return writer.finish();
}

/** Returns the requests' signed bytes as views into `body`, or null unless `body` is exactly such a list within the limits. */
export function splitRequests(body: Uint8Array): SignedBytes[] | null {
  if (body.length > LIMITS.maxEntryBytes) return null;
  const reader = new ByteReader(body);
  const count = reader.u16();
  if (count > LIMITS.maxEntryRequests) return null;
  const requests: SignedBytes[] = [];
  while (requests.length < count && !reader.failed) {
    requests.push({ body: reader.bytes(LIMITS.maxEntryBytes), signature: reader.raw(SIGNATURE_BYTES) });
  }
  return reader.done ? requests : null;
}
