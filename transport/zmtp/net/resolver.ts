import { lookup } from "node:dns/promises";

/** Resolves a host name to an address; rejects if it cannot. */
export type Lookup = (host: string) => Promise<string>;

/** Asks the system, and prefers an IPv4 address: who listens at a name listens at its IPv4 addresses unless told otherwise. */
export async function systemLookup(host: string): Promise<string> {
  const found = await lookup(host, { all: true });
  const { address } = found.find(({ family }) => family === 4) ?? found[0]!;
  return address;
}

/**
 * Returns a look-up that asks for a name once at a time: whoever asks meanwhile is told the same. A name server that does not answer holds up
 * as many threads as there are names, not as there are attempts.
 */
export function askingOnce(look: Lookup): Lookup {
  const pending = new Map<string, Promise<string>>();
  return (host) => {
    const known = pending.get(host);
    if (known !== undefined) return known;
    const asked = look(host).finally(() => pending.delete(host));
    pending.set(host, asked);
    return asked;
  };
}

const ADDRESS = /^\d{1,3}(?:\.\d{1,3}){3}$|:/;

/** Returns whether `host` is an address, of either kind, and no name. */
export const isAddress = (host: string): boolean => ADDRESS.test(host);
