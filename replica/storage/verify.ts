/**
 * What a restart demands of its disk before it signs anything (§4.1). A disk that holds what this replica cannot have written makes
 * it a Byzantine replica (§1.3), so nothing is repaired or skipped here.
 */
import type { Head } from "../core/entry.ts";
import { chainEntry, genesisHash } from "../core/hash_chain.ts";
import type { Digest, LogIndex, Term } from "../core/ids.ts";
import { logIndex, term } from "../core/ids.ts";
import type { ChainedEntry, Recovered } from "../core/output.ts";
import type { Hash } from "../core/ports.ts";
import { compareRank } from "../core/rank.ts";
import type { GuardRecord } from "./guard.ts";
import { StorageError } from "./port.ts";

/** What to do about a disk that cannot be trusted; ends every error about one. */
export const SAFE_WAY_ON =
  "This replica must not start on this disk. The safe way on: restore the data directory only from a copy known to be exactly " +
  "as this replica left it; otherwise keep it for inspection, and rejoin as a new replica with a new key and an empty data " +
  "directory (§1.3). An older copy is not safe: it has forgotten what was signed since";

/** A StorageError about what the disk holds. */
export const damaged = (what: string, cause?: unknown): StorageError =>
  new StorageError(`${what}. ${SAFE_WAY_ON}.`, cause === undefined ? {} : { cause });

/** Throws {@linkcode StorageError} naming the first thing that cannot be, unless all that was read fits together. */
export function verifyRecovered(hash: Hash, clusterId: string, recovered: Recovered, guard: GuardRecord): void {
  const genesis = genesisHash(hash, clusterId);
  verifyChain(hash, recovered.entries, { index: logIndex(0), hash: genesis }, "log");
  const hashAt = (index: LogIndex): Digest | null => index === 0 ? genesis : recovered.entries[index - 1]?.hash ?? null;
  verifyBranch(hash, recovered, hashAt);
  verifyCertificates(recovered, hashAt);
  verifyHardState(recovered, guard, hashAt);
}

/** Recomputes every hash of `chain`, which must start right behind `from` (§3.1). */
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

type HashAt = (index: LogIndex) => Digest | null;

/** §6.8: the branch hangs on the log and ends where its certificate points. */
function verifyBranch(hash: Hash, { branch, entries, prepared }: Recovered, hashAt: HashAt): void {
  const first = branch[0]?.entry;
  if (first === undefined) return;
  const root = logIndex(first.index - 1);
  const rootHash = hashAt(root);
  if (rootHash === null) {
    throw damaged(`The prepared branch starts at index ${first.index} but the log ends at ${entries.length}`);
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
function verifyCertificates(recovered: Recovered, hashAt: HashAt): void {
  const { prepared, branch, commitIndex, commitCertificate, entries } = recovered;
  if (commitIndex > entries.length) {
    throw damaged(`The commit index is ${commitIndex} but the log ends at ${entries.length}`);
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

/** §6.8: a certificate's entries may go once a higher-ranked one is held or the commit index has passed them. */
function isOutranked({ prepared, commitIndex, commitCertificate }: Recovered): boolean {
  if (prepared === null || prepared.index <= commitIndex) return true;
  return commitCertificate !== null && compareRank(prepared, commitCertificate) < 0;
}

/** The last ack is on the log unless catch-up replaced it (§8.1), and no term was signed in above currentTerm. */
function verifyHardState({ hardState, entries }: Recovered, guard: GuardRecord, hashAt: HashAt): void {
  const { ack, currentTerm, noMoreAcks } = hardState;
  if (ack !== null && !noMoreAcks && hashAt(ack.index) !== ack.hash) {
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
