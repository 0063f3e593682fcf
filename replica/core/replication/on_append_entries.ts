/** AppendEntries at a follower; a leader is its own follower (§5.1–§5.3, §6.1). */
import { trustsReplicas } from "../../../protocol/config.ts";
import type { ChainedEntry } from "../../../protocol/entry.ts";
import { chainEntry } from "../../../protocol/hash_chain.ts";
import { type Digest, type LogIndex, offset } from "../../../protocol/ids.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import type { AppendEntries } from "../../../protocol/message.ts";
import type { PacketOf } from "../../../protocol/packet.ts";
import type { Signed } from "../../../protocol/signed.ts";
import { accuse } from "../accuse.ts";
import { type Context, send } from "../context.ts";
import { blameLeader, placeInTerm } from "../election/suspicion.ts";
import { enterByProof, hasUncommitted, restartElectionTimer } from "../election/terms.ts";
import { stopSignFault } from "../epochs/stop_sign.ts";
import { append, truncate } from "../log/durable.ts";
import { contains, entryAt, hashAt, headAt, lastIndex, type Log } from "../log/log.ts";
import type { CoreState } from "../state.ts";
import { ACCEPT, ignore, reject, type Verdict } from "../verdict.ts";
import { confirm, containsBase } from "./acks.ts";
import { recount } from "./tally.ts";
import { countWithinWindow } from "./window.ts";

/** Handles one AppendEntries: enters its term, puts its entries on the log, acks them. */
export function onAppendEntries(context: Context, packet: PacketOf<"AppendEntries">): Verdict {
  const header = packet.signed.message;
  const refused = followLeader(context, packet);
  if (refused) return refused;
  if (!trustsReplicas(context.state.config.constants)) recordHeader(context, packet.signed);
  if (leavesBase(context.state, header)) blameLeader(context, "leaves-its-base");
  hearRound(context, header);
  // Entries are left out if they come before their leader's proof; that may be in the same batch.
  const withoutEntries = packet.entries.length === 0 && header.entryHashes.length > 0;
  const known = knownPrefix(context.state.log, header);
  if (known === null || withoutEntries) return askResend(context, header, false);
  const chained = chainEntries(context, packet);
  if (chained === null) return ignore("entries-do-not-match-header");
  const wanted = chained.slice(known);
  const taken = wanted.slice(0, countWithinWindow(context.state, wanted));
  const conflict = placeEntries(context, header, taken);
  if (conflict) return conflict;
  const end = offset(header.prevIndex, known + taken.length);
  matchUpTo(context, end);
  confirm(context, end);
  if (taken.length < wanted.length) return ignore("beyond-window"); // once commits have moved it, the leader is asked again
  if (!containsBase(context.state) && chained.length > 0) return askResend(context, header, false);
  return ACCEPT;
}

/** Makes sure this header comes from the proven leader of the current term; otherwise returns why it does not count (§6.7). */
function followLeader(context: Context, { signed, proof }: PacketOf<"AppendEntries">): Verdict | null {
  const { state } = context;
  const { term, leader } = signed.message;
  if (term < state.hard.currentTerm) return ignore("stale-term");
  if (leader === state.config.self && state.view.role !== "leader") return ignore("own-term-before-restart");
  placeInTerm(context, leader, term);
  if (proof) enterByProof(context, proof);
  if (term !== state.hard.currentTerm || state.view.leader === null) {
    return askResend(context, signed.message, true);
  }
  return leader === state.view.leader ? null : reject("not-the-leader", leader);
}

/** §6.6: an honest leader's log contains its base, so its headers never give another hash there. */
function leavesBase({ view: { base } }: CoreState, { prevIndex, prevHash, entryHashes }: AppendEntries): boolean {
  if (base === null) return false;
  const hash = base.index === prevIndex ? prevHash : entryHashes[base.index - prevIndex - 1];
  return hash !== undefined && hash !== base.hash;
}

/**
 * Returns how many of the header's entries lie at or below the log's base, usually 0; these are not looked at. Null if the header does not
 * attach to the log.
 */
function knownPrefix(log: Log, { prevIndex, prevHash, entryHashes }: AppendEntries): number | null {
  const known = Math.max(0, log.base.index - prevIndex);
  const [index, hash] = known === 0 ? [prevIndex, prevHash] : [log.base.index, entryHashes[known - 1]];
  return hash !== undefined && hashAt(log, index) === hash ? known : null;
}

/** Returns the packet's entries chained to its previous hash, or null if they are not the ones the header's hashes name. */
function chainEntries({ ports }: Context, { signed, entries }: PacketOf<"AppendEntries">): ChainedEntry[] | null {
  const { prevIndex, prevHash, entryHashes, term } = signed.message;
  if (entries.length !== entryHashes.length) return null;
  const chained: ChainedEntry[] = [];
  for (const [i, entry] of entries.entries()) {
    if (entry.index !== prevIndex + i + 1 || entry.term > term || entry.requests === null) return null;
    const next = chainEntry(ports.hash, chained[i - 1]?.hash ?? prevHash, entry);
    if (next.hash !== entryHashes[i]) return null;
    chained.push(next);
  }
  return chained;
}

/** Records a header's hashes; two signed headers of this term with different hashes for one index accuse the leader (§9.1). */
function recordHeader(context: Context, header: Signed<AppendEntries>): void {
  const { prevIndex, prevHash, entryHashes } = header.message;
  recordHash(context, prevIndex, prevHash, header);
  entryHashes.forEach((hash, i) => recordHash(context, offset(prevIndex, i + 1), hash, header));
  const { headers } = context.state.view;
  for (const index of headers.keys()) {
    if (headers.size <= LIMITS.maxAckWindow) break;
    headers.delete(index);
  }
}

function recordHash(context: Context, index: LogIndex, hash: Digest, header: Signed<AppendEntries>): void {
  const { headers } = context.state.view;
  const known = headers.get(index);
  if (!known) headers.set(index, { hash, header });
  else if (known.hash !== hash) {
    const culprit = header.message.leader;
    accuse(context, { kind: "equivocation", culprit, first: known.header, second: header });
  }
}

/** §5.1, §6.1: only a newer round shows the leader alive, and restarts the timer only if nothing is uncommitted. */
function hearRound(context: Context, { round }: AppendEntries): void {
  const { view } = context.state;
  if (round <= view.lastRound) return;
  view.lastRound = round;
  if (!hasUncommitted(context)) restartElectionTimer(context);
}

/**
 * Puts the entries on the log, replacing only entries above those committed, acked in this term or certified in this term (§5.2). A leader
 * that asks for more is suspected.
 */
function placeEntries(context: Context, header: AppendEntries, chained: readonly ChainedEntry[]): Verdict | null {
  const { state } = context;
  const at = chained.findIndex(({ entry, hash }) => hashAt(state.log, entry.index) !== hash);
  const fresh = at < 0 ? [] : chained.slice(at);
  const fault = faultIn(context, header, chained, fresh);
  if (fault !== null) {
    blameLeader(context, fault);
    return reject(fault, header.leader);
  }
  if (fresh.length === 0) return null;
  const { index } = fresh[0]!.entry;
  truncate(context, offset(index, -1));
  append(context, fresh);
  recount(context, index);
  return null;
}

/** Returns the code of something that no honest leader asks for, if this one does (§3.1, §5.2, §13.3). `fresh` are those of the entries that are not on the log. */
function faultIn(
  context: Context,
  { term }: AppendEntries,
  chained: readonly ChainedEntry[],
  fresh: readonly ChainedEntry[],
): string | null {
  const { log, view } = context.state;
  const before = chained.length > 0 ? entryAt(log, offset(chained[0]!.entry.index, -1)) : undefined;
  const shown = [...(before ? [before] : []), ...chained].map(({ entry }) => entry);
  const stop = stopSignFault(context.state, context.ports.changes, shown);
  if (stop !== null) return stop;
  if (fresh.length > 0) {
    const { index } = fresh[0]!.entry;
    if (index <= protectedIndex(context)) return "replaces-protected-entries";
    const terms = [entryAt(log, offset(index, -1))?.entry.term ?? 0, ...fresh.map(({ entry }) => entry.term)];
    if (terms.some((own, i) => i > 0 && own < terms[i - 1]!)) return "entry-terms-decrease";
  }
  const foreign = chained.some(({ entry }) => entry.index > view.base!.index && entry.term !== term);
  return foreign ? "entry-of-another-term" : null;
}

/**
 * Returns the highest index that no leader of this term may replace. A certificate whose entries are kept aside protects nothing on the
 * log: they are safe there (§6.8). Nor does an ack that catch-up took off the log (§8.1): a replica that may not ack any more still
 * follows, and reports its highest certificate.
 */
function protectedIndex({ state: { commitIndex, hard, prepared, log } }: Context): LogIndex {
  const certified = prepared.term === hard.currentTerm && contains(log, prepared) ? prepared.index : 0;
  const acked = hard.noMoreAcks ? 0 : hard.ack?.index ?? 0;
  return Math.max(commitIndex, acked, certified) as LogIndex;
}

function matchUpTo({ state }: Context, end: LogIndex): void {
  if (end >= (state.view.match?.index ?? 0)) state.view.match = headAt(state.log, end);
}

/** Tells the leader that its entries do not fit here, or that its proof is not known, and where this log ends (§5.2). */
function askResend(context: Context, header: AppendEntries, proofWanted: boolean): Verdict {
  const { state, now } = context;
  const { commitIndex, log, view, config } = state;
  const askedAt = view.proofAskedAt.get(header.leader) ?? -Infinity;
  if (proofWanted && now < askedAt + config.constants.heartbeatMs / 2) return ignore("no-proof");
  if (proofWanted) view.proofAskedAt.set(header.leader, now);
  const commit = headAt(log, commitIndex);
  const match = view.match && contains(log, view.match) && view.match.index > commitIndex ? view.match : commit;
  send(context, [header.leader], {
    kind: "ResendRequest",
    signed: {
      kind: "ResendRequest",
      term: state.hard.currentTerm,
      replica: config.self,
      round: header.round,
      commitIndex,
      commitHash: commit.hash,
      match,
      proofWanted,
    },
  });
  return ignore(proofWanted ? "no-proof" : lastIndex(log) < header.prevIndex ? "gap" : "mismatch");
}
