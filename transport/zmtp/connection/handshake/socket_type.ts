/** Socket types this engine speaks as, and the types each may be connected to (RFC 28, 29). */
export type SocketType = "ROUTER" | "DEALER" | "PUB" | "SUB";

const LEGAL_PEERS: Readonly<Record<SocketType, readonly string[]>> = {
  ROUTER: ["DEALER", "REQ", "ROUTER"],
  DEALER: ["ROUTER", "REP", "DEALER"],
  PUB: ["SUB", "XSUB"],
  SUB: ["PUB", "XPUB"],
};

/** Returns whether a socket of type `own` talks to one of type `peer`. */
export function isCompatible(own: SocketType, peer: string): boolean {
  return LEGAL_PEERS[own].includes(peer);
}
