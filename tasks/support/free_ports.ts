/** Finds free TCP ports on loopback for clusters of tests and the demo. */

/**
 * Below the range from which Linux takes the local ports of outgoing connections (32768 and up): a replica that is down keeps its
 * port free for its restart, and its peers, trying to reconnect, never get that very port as their own end.
 */
const LOWEST = 10_000;
const HIGHEST = 32_000;
const ATTEMPTS = 100;

/** Returns the first of `count` consecutive ports that were all free a moment ago. Throws if none are found. */
export function findFreePorts(count: number, hostname = "127.0.0.1"): number {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const base = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST - count));
    if (areFree(base, count, hostname)) return base;
  }
  throw new Error(`no ${count} consecutive free ports found on ${hostname} in ${ATTEMPTS} attempts`);
}

/** `count` TCP ports that nobody listened on a moment ago, all different. Throws where none are found. */
export function freePorts(count: number): number[] {
  const base = findFreePorts(count);
  return Array.from({ length: count }, (_, i) => base + i);
}

function areFree(base: number, count: number, hostname: string): boolean {
  return busyAddress(Array.from({ length: count }, (_, i) => ({ hostname, port: base + i }))) === null;
}

/** A place to listen at. */
export interface Address {
  readonly hostname: string;
  readonly port: number;
}

/** Returns the first of `addresses` where nobody can listen now, and why; null if there is none. Others than this machine's count as free. */
export function busyAddress(addresses: readonly Address[]): (Address & { readonly reason: string }) | null {
  const listeners: Deno.Listener[] = [];
  try {
    for (const { hostname, port } of addresses) {
      const reason = listen(listeners, hostname, port);
      if (reason !== null) return { hostname, port, reason };
    }
    return null;
  } finally {
    for (const listener of listeners) listener.close();
  }
}

const HIGHEST_PORT = 65_535;

function listen(listeners: Deno.Listener[], hostname: string, port: number): string | null {
  if (port > HIGHEST_PORT) return null;
  try {
    listeners.push(Deno.listen({ hostname, port }));
    return null;
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return "another process listens at";
    return error instanceof Deno.errors.PermissionDenied ? "this user may not listen at" : null;
  }
}
