import { lookup } from "node:dns/promises";

/** Resolves a host name to an address; rejects if it cannot. */
export type Lookup = (host: string) => Promise<string>;

/** Asks the system, and prefers an IPv4 address: who listens at a name listens at its IPv4 addresses unless told otherwise. */
export async function systemLookup(host: string): Promise<string> {
  const found = await lookup(host, { all: true });
  const { address } = found.find(({ family }) => family === 4) ?? found[0]!;
  return address;
}

const ADDRESS = /^\d{1,3}(?:\.\d{1,3}){3}$|:/;

/** Returns whether `host` is an address, of either kind, and no name. */
export const isAddress = (host: string): boolean => ADDRESS.test(host);
