/** The incremental hash over the log (§3.1): equal hash at equal index means identical logs up to there. */
import { writeDigest } from "./bytes.ts";
import type { ChainedEntry, Entry, Link } from "./entry.ts";
import type { Digest, LogIndex } from "./ids.ts";
import type { Hash } from "./ports.ts";

/** h₀ = H(cluster id). */
export const genesisHash = (hash: Hash, clusterId: string): Digest => hash(new TextEncoder().encode(clusterId));

/** hᵢ = H(hᵢ₋₁ ‖ index ‖ term ‖ H(entry body)), integers as 8 bytes big-endian. */
export function chainHash(hash: Hash, previous: Digest, index: LogIndex, link: Link): Digest {
  const bytes = new Uint8Array(80);
  const view = new DataView(bytes.buffer);
  writeDigest(previous, bytes, 0);
  view.setBigUint64(32, BigInt(index));
  view.setBigUint64(40, BigInt(link.term));
  writeDigest(link.digest, bytes, 48);
  return hash(bytes);
}

/** `entry` chained behind `previous`. */
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

/** Whether `entries` are the first of those that a header with these hashes covers. */
export function areCovered(hash: Hash, claimed: ClaimedHashes, entries: readonly Entry[]): boolean {
  let previous = claimed.prevHash;
  return entries.every((entry, i) => {
    if (entry.index !== claimed.prevIndex + i + 1) return false;
    previous = chainEntry(hash, previous, entry).hash;
    return previous === claimed.entryHashes[i];
  });
}
