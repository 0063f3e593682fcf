/** The incremental hash over the log (§3.1): equal hash at equal index means identical logs up to there. */
import { ByteWriter } from "./bytes/byte_writer.ts";
import type { ChainedEntry, Entry, Link } from "./entry.ts";
import type { Digest, LogIndex } from "./ids.ts";
import type { Hash } from "./ports.ts";

/** Two digests and two integers. */
const LINK_BYTES = 32 + 8 + 8 + 32;

/** h₀ = H(cluster id). */
export const genesisHash = (hash: Hash, clusterId: string): Digest => hash(new TextEncoder().encode(clusterId));

/** Returns hᵢ = H(hᵢ₋₁ ‖ index ‖ term ‖ H(entry body)), integers as 8 bytes big-endian. */
export function chainHash(hash: Hash, previous: Digest, index: LogIndex, link: Link): Digest {
  return hash(new ByteWriter(LINK_BYTES).digest(previous).u64(index).u64(link.term).digest(link.digest).finish());
}

/** Returns `entry` chained to `previous`. */
export function chainEntry(hash: Hash, previous: Digest, entry: Entry): ChainedEntry {
  const digest = hash(entry.body);
  return { entry, digest, hash: chainHash(hash, previous, entry.index, { term: entry.term, digest }) };
}

/** A header's claims: the hash before its first entry, and that of each entry. */
export interface ClaimedHashes {
  readonly prevIndex: LogIndex;
  readonly prevHash: Digest;
  readonly entryHashes: readonly Digest[];
}

/** Returns whether `entries` are the first of those that a header with these hashes covers. */
export function areCovered(hash: Hash, claimed: ClaimedHashes, entries: readonly Entry[]): boolean {
  let previous = claimed.prevHash;
  return entries.every((entry, i) => {
    if (entry.index !== claimed.prevIndex + i + 1) return false;
    previous = chainEntry(hash, previous, entry).hash;
    return previous === claimed.entryHashes[i];
  });
}
