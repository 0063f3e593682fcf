/** The incremental hash over the log (§3.1): equal hash at equal index means identical logs up to there. */
import { ByteWriter } from "./bytes/byte_writer.ts";
import type { Genesis } from "./config.ts";
import type { ChainedEntry, Entry, Head, Link } from "./entry.ts";
import { type Digest, type LogIndex, logIndex } from "./ids.ts";
import type { Hash } from "./ports.ts";

/** Two digests and two integers. */
const LINK_BYTES = 32 + 8 + 8 + 32;
/** Three digests. */
const GENESIS_BYTES = 3 * 32;

/** h₀ = H(cluster id). */
export const genesisHash = (hash: Hash, clusterId: string): Digest => hash(new TextEncoder().encode(clusterId));

/** Returns the genesis of epoch 1, (0, h₀). */
export const firstGenesis = (hash: Hash, clusterId: string): Genesis => ({
  ...{ epoch: 1, index: logIndex(0), hash: genesisHash(hash, clusterId), stateDigest: null },
});

/**
 * Returns the genesis of a later epoch (§13.5): its index is that of the last entry before, its hash is H(digest of the epoch's roster ‖ hash of that
 * entry ‖ digest of the state there), so who agrees on it agrees on all three.
 */
export const nextGenesis = (
  hash: Hash,
  epoch: number,
  rosterDigest: Digest,
  end: Head,
  stateDigest: Digest,
): Genesis => ({
  ...{ epoch, index: end.index, stateDigest },
  hash: hash(new ByteWriter(GENESIS_BYTES).digest(rosterDigest).digest(end.hash).digest(stateDigest).finish()),
});

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
