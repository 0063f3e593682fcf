/**
 * The body of an entry: a count, then each request's signed bytes and signature. There is exactly one encoding of a
 * list of requests, so equal bodies mean equal requests and the hash of the body binds the signatures too (§3.1).
 *
 * Layout, big-endian: `u16 count`, then `count` times `u32 length, body, 64-byte signature`. A no-op has count 0.
 */
import { LIMITS } from "./limits.ts";
import type { Request } from "./message.ts";
import type { Signed } from "./signed.ts";

const COUNT_BYTES = 2;
const LENGTH_BYTES = 4;
const SIGNATURE_BYTES = 64;

/** Signed bytes of one request, not yet decoded. */
export interface SignedBytes {
  readonly body: Uint8Array;
  readonly signature: Uint8Array;
}

/** Bytes one request takes in an entry's body. */
export const requestSize = (request: SignedBytes): number => LENGTH_BYTES + request.body.length + SIGNATURE_BYTES;

/** The body of an entry holding `requests`. */
export function joinRequests(requests: readonly Signed<Request>[]): Uint8Array {
  const size = requests.reduce((sum, request) => sum + requestSize(request), COUNT_BYTES);
  const body = new Uint8Array(size);
  const view = new DataView(body.buffer);
  view.setUint16(0, requests.length);
  let at = COUNT_BYTES;
  for (const request of requests) {
    view.setUint32(at, request.body.length);
    body.set(request.body, at + LENGTH_BYTES);
    body.set(request.signature, at + LENGTH_BYTES + request.body.length);
    at += requestSize(request);
  }
  return body;
}

/** The requests' signed bytes as views into `body`, or null where `body` is not exactly such a list within the limits. */
export function splitRequests(body: Uint8Array): SignedBytes[] | null {
  if (body.length < COUNT_BYTES || body.length > LIMITS.maxEntryBytes) return null;
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const count = view.getUint16(0);
  if (count > LIMITS.maxEntryRequests) return null;
  const requests: SignedBytes[] = [];
  let at = COUNT_BYTES;
  for (let i = 0; i < count; i++) {
    if (at + LENGTH_BYTES > body.length) return null;
    const end = at + LENGTH_BYTES + view.getUint32(at);
    if (end + SIGNATURE_BYTES > body.length) return null;
    requests.push({
      body: body.subarray(at + LENGTH_BYTES, end),
      signature: body.subarray(end, end + SIGNATURE_BYTES),
    });
    at = end + SIGNATURE_BYTES;
  }
  return at === body.length ? requests : null;
}
