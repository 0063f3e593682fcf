/** The incremental hash over the log (§3.1): equal hash at equal index means identical logs up to there. */
import { writeDigest } from "./bytes.ts";
import type { ChainedEntry, Entry, Link } from "./entry.ts";
import type { Digest, LogIndex } from "./ids.ts";
import type { Hash } from "./ports.ts";

/** Returns h₀ = H(cluster id). */
export const genesisHash = (hash: Hash, clusterId: string): Digest => hash(new TextEncoder().encode(clusterId));

/** Returns hᵢ = H(hᵢ₋₁ ‖ index ‖ term ‖ H(entry body)), integers as 8 bytes big-endian. */
export function chainHash(hash: Hash, previous: Digest, index: LogIndex, link: Link): Digest {
  const bytes = new Uint8Array(80);
  const view = new DataView(bytes.buffer);
  writeDigest(previous, bytes, 0);
  view.setBigUint64(32, BigInt(index));
  view.setBigUint64(40, BigInt(link.term));
  writeDigest(link.digest, bytes, 48);
  return hash(bytes);
}

/** Returns `entry` chained to `previous`. */
export function chainEntry(hash: Hash, previous: Digest, entry: Entry): ChainedEntry {
  const digest = hash(entry.body);
  return { entry, digest, hash: chainHash(hash, previous, entry.index, { term: entry.term, digest }) };
}
