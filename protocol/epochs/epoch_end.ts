/** The end of an epoch (§13.4): it proves to whoever has the epoch's roster with which entry, and on which state, the epoch ended. */
import type { CheckpointProof } from "../certificate.ts";
import { isCertificate, isStableAtEnd, plausibleCertificate } from "../certify.ts";
import type { Genesis, Membership } from "../config.ts";
import type { Entry, Request } from "../entry.ts";
import { chainEntry, nextGenesis } from "../hash_chain.ts";
import type { Digest } from "../ids.ts";
import type { Hash, RosterFacts } from "../ports.ts";
import type { Signed } from "../signed.ts";

export interface EpochEnd {
  readonly epoch: number;
  /** Of the checkpoint at the stop-sign. The commit certificate has no links: nothing lies behind. */
  readonly proof: CheckpointProof;
  /** The hash before the stop-sign. */
  readonly before: Digest;
  /** The stop-sign. */
  readonly entry: Entry;
}

/** The part of `RosterChanges` that is needed here, for rosters of whatever form. */
interface Judge<N extends RosterFacts> {
  judge(command: Uint8Array): { readonly next: N | null };
}

/** Returns whether a request asks for a change of the roster, a valid one or not. */
export const asksForChange = ({ message }: Pick<Signed<Request>, "message">): boolean =>
  message.kind === "SendRequest" && message.mode === "roster";

/**
 * Returns the roster that an entry changes to: a stop-sign holds a valid change and nothing else (§13.2). Null for any other entry. It rests on
 * the roster in force and on these bytes alone.
 */
export function stopSignOf<N extends RosterFacts>({ requests }: Entry, changes: Judge<N>): N | null {
  if (requests === null || requests.length !== 1) return null;
  const { message } = requests[0]!;
  return message.kind === "SendRequest" && message.mode === "roster" ? changes.judge(message.command).next : null;
}

/** Returns the command of a stop-sign. */
export function changeIn({ requests }: Entry): Uint8Array {
  const message = requests?.[0]?.message;
  if (message?.kind !== "SendRequest") throw new RangeError("wanted a stop-sign, given an entry without a command");
  return message.command;
}

/** The cheap part of {@linkcode nextAfter}: an end that fails it is not worth a signature check. */
export function isPlausibleEnd(members: Membership, { epoch, proof: { stable, commit }, entry }: EpochEnd): boolean {
  return epoch === members.genesis.epoch && isStableAtEnd(members, stable) && stable.index === entry.index &&
    commit.index === stable.index && commit.hash === stable.hash && commit.links.length === 0 && commit.term > 0 &&
    plausibleCertificate(members, commit);
}

/** Returns the roster that the epoch of `members` ended with (§13.4), provided the end's signatures are valid; null if this is no end of it. */
export function nextAfter<N extends RosterFacts>(
  members: Membership,
  hash: Hash,
  changes: Judge<N>,
  end: EpochEnd,
): N | null {
  if (!isPlausibleEnd(members, end) || !isCertificate(members, hash, end.proof.commit)) return null;
  return chainEntry(hash, end.before, end.entry).hash === end.proof.stable.hash ? stopSignOf(end.entry, changes) : null;
}

/** Returns the genesis of the epoch of the roster with `digest`, behind `end` (§13.5). */
export const genesisBehind = (hash: Hash, digest: Digest, { epoch, proof: { stable } }: EpochEnd): Genesis =>
  nextGenesis(hash, epoch + 1, digest, stable, stable.stateDigest);
