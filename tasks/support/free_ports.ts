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
  const listeners: Deno.Listener[] = [];
  try {
    for (let port = base; port < base + count; port++) listeners.push(Deno.listen({ hostname, port }));
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return false;
    throw error;
  } finally {
    for (const listener of listeners) listener.close();
  }
}
