/**
 * Checks of the disk at a restart, before anything is signed (§4.1). A disk that holds what this replica cannot have written makes it a
 * Byzantine replica (§1.3), so nothing is repaired or skipped here.
 */
import type { Genesis } from "../../protocol/config.ts";
import type { ChainedEntry, Head } from "../../protocol/entry.ts";
import { chainEntry, firstGenesis } from "../../protocol/hash_chain.ts";
import type { Digest, LogIndex, Term } from "../../protocol/ids.ts";
import { logIndex, term } from "../../protocol/ids.ts";
import type { ChunkReader, Hash } from "../../protocol/ports.ts";
import { compareRank } from "../../protocol/rank.ts";
import type { Recovered } from "../core/log/durable_state.ts";
import { damaged } from "./damage.ts";
import type { GuardRecord } from "./guard.ts";
import { heldSnapshot } from "./held_snapshot.ts";

/** Throws {@linkcode StorageError} naming the first impossibility, unless everything read fits together. */
export function verifyRecovered(hash: Hash, clusterId: string, recovered: Recovered, guard: GuardRecord): void {
  const first = firstGenesis(hash, clusterId);
  const base = recovered.base ?? first;
  verifyChain(hash, recovered.entries, base, "log");
  const log: LogView = {
    base: base.index,
    last: recovered.entries.at(-1)?.entry.index ?? base.index,
    hashAt: (index) => index === base.index ? base.hash : recovered.entries[index - base.index - 1]?.hash ?? null,
  };
  verifyGenesis(recovered, recovered.genesis ?? first);
  verifyBranch(hash, recovered, log);
  verifyCertificates(recovered, log);
  verifyCheckpoint(recovered, log);
  verifyHardState(recovered, guard, log);
}

/**
 * Returns the chunks of the stable checkpoint's snapshot. Throws {@linkcode StorageError} unless its manifest is valid and all of them are
 * held. `ChunkReader.read` checks the content of the other chunks as the state is restored from them, which every start does.
 */
export function verifySnapshot(
  hash: Hash,
  { checkpoint }: Recovered,
  chunks: Pick<ChunkReader, "has" | "read">,
): ReadonlySet<Digest> {
  if (checkpoint === null) return new Set();
  try {
    return heldSnapshot(hash, checkpoint.stable.stateDigest, chunks);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const what = `The snapshot of the stable checkpoint at index ${checkpoint.stable.index}`;
    throw damaged(`${what} is broken: ${error.message}`, error);
  }
}

/** The checked log, by index. */
interface LogView {
  /** Index of the point after which it begins; everything below is gone. */
  readonly base: LogIndex;
  readonly last: LogIndex;
  /** Returns its chain hash at an index, its base included; null if it has none. */
  hashAt(index: LogIndex): Digest | null;
}

/** Recomputes every hash of `chain`, which must start right after `from` (§3.1). */
function verifyChain(hash: Hash, chain: readonly ChainedEntry[], from: Head, name: string): void {
  let before: { index: LogIndex; hash: Digest; term: Term } = { ...from, term: term(0) };
  for (const { entry, digest, hash: stored } of chain) {
    if (entry.index !== before.index + 1) {
      throw damaged(`The ${name} has a gap: entry ${entry.index} follows entry ${before.index}`);
    }
    if (entry.term < before.term) {
      throw damaged(
        `The ${name} goes backwards: entry ${entry.index} of term ${entry.term} follows term ${before.term}`,
      );
    }
    const wanted = chainEntry(hash, before.hash, entry);
    if (wanted.hash !== stored || wanted.digest !== digest) {
      throw damaged(
        `The hash chain of the ${name} breaks at index ${entry.index}: ${stored} is stored, ${wanted.hash} is right`,
      );
    }
    before = { index: entry.index, hash: stored, term: entry.term };
  }
}

/**
 * §13.5: the log begins at the genesis or behind it, or is that of an empty disk as long as the state is to be fetched (§13.7); and what is certified by
 * nobody's signature is the genesis.
 */
function verifyGenesis(recovered: Recovered, genesis: Genesis): void {
  const { base, entries, prepared, commitCertificate, checkpoint, transfer } = recovered;
  if (base === null && genesis.epoch > 1 && entries.length > 0) {
    throw damaged(`The log holds entry ${entries[0]!.entry.index} of an epoch that begins at ${genesis.index}`);
  }
  const isBelow = base !== null &&
    (base.index < genesis.index || (base.index === genesis.index && base.hash !== genesis.hash));
  if (isBelow) {
    throw damaged(`The log begins behind (${base.index}, ${base.hash}), the genesis is (${headOf(genesis)})`);
  }
  for (const certificate of [prepared, commitCertificate, checkpoint?.commit, transfer?.commit]) {
    if (certificate?.term === 0 && headOf(certificate) !== headOf(genesis)) {
      throw damaged(`A certificate of term 0 is of (${headOf(certificate)}), the genesis is (${headOf(genesis)})`);
    }
  }
}

const headOf = ({ index, hash }: Head): string => `${index}, ${hash}`;

/** §6.8: the branch attaches to the log and ends at the point of its certificate. */
function verifyBranch(hash: Hash, { branch, prepared }: Recovered, { base, last: end, hashAt }: LogView): void {
  const first = branch[0]?.entry;
  if (first === undefined) return;
  const root = logIndex(first.index - 1);
  const rootHash = hashAt(root);
  if (rootHash === null) {
    throw damaged(`The prepared branch starts at index ${first.index} but the log reaches from ${base} to ${end}`);
  }
  verifyChain(hash, branch, { index: root, hash: rootHash }, "prepared branch");
  const last = branch.at(-1);
  if (prepared === null || last?.hash !== prepared.hash || last.entry.index !== prepared.index) {
    throw damaged(
      `The prepared branch ends at index ${last?.entry.index}, away from its certificate (${pointOf(prepared)})`,
    );
  }
}

/** §4.1: the entries under both certificates are held. */
function verifyCertificates(recovered: Recovered, { base, last, hashAt }: LogView): void {
  const { prepared, branch, commitIndex, commitCertificate } = recovered;
  if (commitIndex > last) throw damaged(`The commit index is ${commitIndex} but the log ends at ${last}`);
  if (commitIndex < base) {
    throw damaged(`The commit index is ${commitIndex} but the log begins behind ${base}`);
  }
  if ((commitCertificate?.index ?? 0) < commitIndex) {
    throw damaged(
      `The commit index is ${commitIndex} but the commit certificate's is ${commitCertificate?.index ?? 0}`,
    );
  }
  if (commitCertificate?.index === commitIndex && hashAt(commitIndex) !== commitCertificate.hash) {
    throw damaged(`The log holds ${hashAt(commitIndex)} at its commit certificate (${pointOf(commitCertificate)})`);
  }
  if (isOutranked(recovered) || branch.length > 0 || prepared === null) return;
  if (hashAt(prepared.index) !== prepared.hash) {
    throw damaged(
      `The entries under the highest certificate (${pointOf(prepared)}) are neither on the log nor on the branch`,
    );
  }
}

/** §8.2: the stable checkpoint replaces everything that is gone from the log, and is a committed point of it. */
function verifyCheckpoint({ checkpoint, commitIndex }: Recovered, { base, hashAt }: LogView): void {
  if (checkpoint === null) {
    if (base > 0) throw damaged(`The log begins behind index ${base} but there is no checkpoint to start from`);
    return;
  }
  const { stable: { index, hash }, commit } = checkpoint;
  if (index < base || index > commitIndex) {
    throw damaged(
      `The stable checkpoint is at index ${index}: the log begins behind ${base} and ${commitIndex} is committed`,
    );
  }
  if (hashAt(index) !== hash || commit.index !== index || commit.hash !== hash) {
    throw damaged(`The log holds ${hashAt(index)} at its stable checkpoint (index ${index}, ${hash})`);
  }
}

/** §6.8: a certificate's entries may be dropped once a higher-ranked one is held or the commit index has passed them. */
function isOutranked({ prepared, commitIndex, commitCertificate }: Recovered): boolean {
  if (prepared === null || prepared.index <= commitIndex) return true;
  return commitCertificate !== null && compareRank(prepared, commitCertificate) < 0;
}

/** The last ack is on the log unless catch-up replaced it (§8.1), and no term was signed in above currentTerm. */
function verifyHardState({ hardState, entries }: Recovered, guard: GuardRecord, { base, hashAt }: LogView): void {
  const { ack, currentTerm, noMoreAcks } = hardState;
  // An ack below the base was on the log when the base moved past it, or no more is acked in its term.
  if (ack !== null && !noMoreAcks && ack.index >= base && hashAt(ack.index) !== ack.hash) {
    throw damaged(
      `The log holds ${
        hashAt(ack.index) ?? "nothing"
      } at index ${ack.index}, where ${ack.hash} was acked in term ${currentTerm}`,
    );
  }
  const signedTerm = Math.max(guard.ackTerm, guard.voteTerm);
  if (signedTerm > currentTerm) {
    throw damaged(`Something was signed in term ${signedTerm} but currentTerm is ${currentTerm}`);
  }
  const lastTerm = entries.at(-1)?.entry.term ?? 0;
  if (lastTerm > currentTerm) throw damaged(`The log ends in term ${lastTerm} but currentTerm is ${currentTerm}`);
}

const pointOf = (at: { term: Term; index: LogIndex; hash: Digest } | null): string =>
  at === null ? "none" : `term ${at.term}, index ${at.index}, ${at.hash}`;
