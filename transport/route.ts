/** Routes are ROUTER identities in hexadecimal: hints for answering, never identities (§2.3). */

const ROUTE = /^(?:[0-9a-f]{2}){1,255}$/;

/** Returns the route under which a ROUTER knows a socket of this identity. */
export function routeOf(identity: Uint8Array): string {
  return identity.toHex();
}

/** Returns the identity behind `route`, or null if `route` is not 1 to 255 bytes of lower-case hexadecimal digits. */
export function identityOf(route: string): Uint8Array | null {
  return ROUTE.test(route) ? Uint8Array.fromHex(route) : null;
}
