/** Routes are ROUTER identities in hexadecimal: hints for answering, never identities (§2.3). */

const MAX_ROUTING_ID_BYTES = 255;
const ROUTE = /^(?:[0-9a-f]{2}){1,255}$/;

/** The route under which a ROUTER knows a socket of this identity. */
export function routeOf(identity: Uint8Array): string {
  return identity.toHex();
}

/** The identity behind `route`, or null if `route` is not 1 to 255 bytes of lower-case hexadecimal digits. */
export function identityOf(route: string): Uint8Array | null {
  return ROUTE.test(route) ? Uint8Array.fromHex(route) : null;
}

/**
 * The bytes a socket announces itself with.
 * Throws a `RangeError` unless `routingId` is 1 to 255 bytes of UTF-8 that do not start with a zero byte, which ZeroMQ
 * keeps for identities it makes up itself.
 */
export function identityFor(routingId: string): Uint8Array {
  const identity = new TextEncoder().encode(routingId);
  if (identity.length === 0 || identity.length > MAX_ROUTING_ID_BYTES) {
    throw new RangeError(`Routing id has ${identity.length} bytes of UTF-8, want 1 to ${MAX_ROUTING_ID_BYTES}`);
  }
  if (identity[0] === 0) throw new RangeError(`Routing id ${JSON.stringify(routingId)} starts with a zero byte`);
  return identity;
}
