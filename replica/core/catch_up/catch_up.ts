/** Catching up from any peer under a certificate (§8.1): the asking side. */
import type { Certificate, CheckpointProof, CommitCertificate } from "../../../protocol/certificate.ts";
import { isCertificate, isCheckpointProof, isGenesisState } from "../../../protocol/certify.ts";
import type { ChainedEntry, Entry, Head } from "../../../protocol/entry.ts";
import { chainEntry } from "../../../protocol/hash_chain.ts";
import { type Millis, offset, type ReplicaId } from "../../../protocol/ids.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import type { FetchEntriesResponse } from "../../../protocol/message.ts";
import type { PacketOf } from "../../../protocol/packet.ts";
import { compareRank } from "../../../protocol/rank.ts";
import { type Context, note, send } from "../context.ts";
import { backedOff } from "../election/backoff.ts";
import { raiseTerm } from "../election/terms.ts";
import { append, raiseRank, setHardState, setPrepared, truncate } from "../log/durable.ts";
import { contains, hashAt, headAt, passesThrough } from "../log/log.ts";
import { advanceCommit, recount } from "../replication/tally.ts";
import type { CoreState } from "../state.ts";
import { ACCEPT, ignore, reject, type Verdict } from "../verdict.ts";
import type { CatchUp } from "./catch_up_state.ts";
import { beginTransfer, isOfGenesis, leadsAhead } from "./state_transfer.ts";

/** Starts a catch-up when f + 1 replicas are ahead for some heartbeats, or a refusal showed a higher certificate. */
export function tickCatchUp(context: Context): void {
  const { state, now } = context;
  const { catchUp, config } = state;
  if (catchUp.active && now >= catchUp.active.endsAt) giveUp(context, "source-too-slow");
  if (catchUp.active && now >= catchUp.active.deadline) askAgain(context, catchUp.active);
  const isFetching = state.transfer !== null && !isOfGenesis(state, state.transfer);
  if (catchUp.active || isFetching || now < catchUp.retryAt) return;
  const { wanted, behindSince } = catchUp;
  if (behindSince !== null && now >= behindSince + 3 * config.constants.heartbeatMs) return askForCommits(context);
  if (wanted === null) return;
  if (compareRank(wanted.certificate, state.prepared) <= 0) catchUp.wanted = null;
  else begin(context, wanted.from, wanted.certificate, wanted.certificate);
}

function askForCommits(context: Context): void {
  const { responses, commitIndex, config, catchUp } = context.state;
  const ahead = [...responses.commitClaims].filter(([id, { index }]) => id !== config.self && index > commitIndex);
  const choice = ahead[catchUp.attempts % ahead.length];
  if (choice) begin(context, choice[0], choice[1], null);
}

function begin(context: Context, source: ReplicaId, target: Head, certificate: Certificate | null): void {
  const { state, now } = context;
  state.catchUp.active = {
    source,
    nonce: state.catchUp.nextNonce++,
    target: { index: target.index, hash: target.hash },
    anchor: headAt(state.log, state.commitIndex),
    collected: [],
    bytes: 0,
    certificate,
    deadline: now + patience(state),
    endsAt: now + WHOLE_CATCH_UP * patience(state),
    askedAgain: false,
  };
  note(context, "info", "catch-up", { from: source, after: state.commitIndex, to: target.index });
  ask(context, state.catchUp.active);
}

/** Maximum duration of a whole catch-up, as a multiple of that of one answer. */
const WHOLE_CATCH_UP = 8;

/** Returns the time one answer may take: a timeout that outgrows the real delay, like an election's (§6.11). */
export function patience({ catchUp, config }: CoreState): Millis {
  return backedOff(config.constants, catchUp.failures);
}

export function ask(context: Context, { source, nonce, anchor, collected, target }: CatchUp): void {
  send(context, [source], {
    kind: "FetchEntries",
    signed: {
      kind: "FetchEntries",
      replica: context.state.config.self,
      nonce,
      from: offset(anchor.index, collected.length + 1),
      head: target,
      maxBytes: LIMITS.maxAppendBytes,
    },
  });
}

/** Asks the source once more for the same entries: the answer may have been lost, or the source may be busy. */
function askAgain(context: Context, active: CatchUp): void {
  if (active.askedAgain) return giveUp(context, "source-silent");
  active.askedAgain = true;
  active.deadline = context.now + patience(context.state);
  ask(context, active);
}

/** Ends a catch-up whose source did not help; the next attempt asks another. */
export function giveUp(context: Context, code: string): void {
  const { catchUp, config } = context.state;
  note(context, "info", "catch-up-failed", { from: catchUp.active?.source ?? "", code });
  if (catchUp.active?.certificate && catchUp.wanted?.certificate === catchUp.active.certificate) catchUp.wanted = null;
  catchUp.active = null;
  catchUp.attempts++;
  catchUp.failures++;
  // Every source is tried without delay; after all of them failed the replica waits, and leaves repair to the leader meanwhile.
  const triedAll = catchUp.failures >= config.replicas.length;
  catchUp.retryAt = triedAll ? context.now + patience(context.state) : context.now;
}

/** §8.3: the source no longer holds the entries, or they are too many: its snapshot is fetched instead, from all replicas. */
export function considerCheckpoint(context: Context, active: CatchUp, proof: CheckpointProof): Verdict {
  const { state, ports } = context;
  if (isGenesisState(state, proof.stable) && isCheckpointProof(state, ports.hash, proof)) {
    giveUp(context, "genesis-shown"); // that is being fetched, or held
    return ignore("genesis-shown");
  }
  const code = !isCheckpointProof(state, ports.hash, proof)
    ? "bad-checkpoint"
    : leadsAhead(state, proof)
    ? null
    : "useless-checkpoint";
  if (code !== null) {
    giveUp(context, code);
    return reject(code, active.source);
  }
  state.catchUp.active = null;
  state.catchUp.attempts++;
  beginTransfer(context, proof);
  return ACCEPT;
}

/** Returns whether a packet is short. A source that has more sends a full one; one that drips entries would keep its asker busy forever. */
function isShort(entries: readonly Entry[]): boolean {
  const bytes = entries.reduce((sum, { body }) => sum + body.length, 0);
  return entries.length < LIMITS.maxAppendEntries && bytes < LIMITS.maxAppendBytes - LIMITS.maxEntryBytes;
}

/** Takes over a packet's entries and certificate; returns the code of what is wrong with them, or null. */
export function collect(
  { state, ports }: Context,
  active: CatchUp,
  packet: PacketOf<"FetchEntriesResponse">,
): string | null {
  if (active.certificate === null && packet.certificate !== null) {
    const { certificate } = packet;
    if (certificate.kind !== "commit" || certificate.index <= active.anchor.index) return "useless-certificate";
    if (!isCertificate(state, ports.hash, certificate)) return "bad-certificate";
    active.certificate = certificate;
    active.target = { index: certificate.index, hash: certificate.hash };
  }
  if (active.certificate === null) return "no-certificate";
  const { certificate } = active;
  const end = active.anchor.index + active.collected.length + packet.entries.length;
  if (isShort(packet.entries) && end < certificate.index) return "short-answer";
  for (const entry of packet.entries) {
    const previous = active.collected.at(-1)?.hash ?? active.anchor.hash;
    if (entry.index !== active.anchor.index + active.collected.length + 1 || entry.requests === null) {
      return "bad-entries";
    }
    active.collected.push(chainEntry(ports.hash, previous, entry));
    active.bytes += entry.body.length;
  }
  const tooMuch = active.collected.length > LIMITS.maxFetchEntries || active.bytes > LIMITS.maxFetchBytes;
  return tooMuch ? "too-far-behind" : null;
}

export function install(context: Context, active: CatchUp, certificate: Certificate): Verdict {
  const { state } = context;
  const chain = active.collected.slice(0, Math.max(0, certificate.index - active.anchor.index));
  if ((chain.at(-1)?.hash ?? active.anchor.hash) !== certificate.hash) {
    giveUp(context, "chain-misses-certificate");
    return reject("chain-misses-certificate", active.source);
  }
  state.catchUp.active = null;
  state.catchUp.failures = 0;
  state.catchUp.attempts++; // the next one asks another source, even after success: no source must be able to keep a replica dangling
  if (certificate.term > state.hard.currentTerm) raiseTerm(context, certificate.term, null);
  if (certificate.kind === "commit") installCommitted(context, chain, certificate);
  else installPrepared(context, chain, certificate);
  note(context, "info", "caught-up", { to: certificate.index, kind: certificate.kind });
  return ACCEPT;
}

/**
 * ⚠ §8.1: committed entries replace all entries that conflict with them, acked or not. A replica whose own ack in currentTerm is not on the
 * resulting chain signs no further ack in that term.
 */
export function installCommitted(
  context: Context,
  chain: readonly ChainedEntry[],
  certificate: CommitCertificate,
): void {
  const { state } = context;
  if (certificate.index <= state.commitIndex) return;
  const fresh = firstMissing(context, chain);
  if (fresh !== null) {
    truncate(context, offset(fresh[0]!.entry.index, -1));
    append(context, fresh);
    if (state.hard.ack !== null && !passesThrough(state.log, state.hard.ack)) {
      setHardState(context, { noMoreAcks: true });
    }
    if (state.view.match !== null && !contains(state.log, state.view.match)) state.view.match = null;
  }
  advanceCommit(context, certificate);
  if (fresh !== null) recount(context, fresh[0]!.entry.index);
}

/** §6.5: the entries under a higher certificate are kept aside for a later term; the log stays as it is (§6.8). */
function installPrepared(context: Context, chain: readonly ChainedEntry[], certificate: Certificate): void {
  context.state.catchUp.wanted = null;
  if (compareRank(certificate, context.state.prepared) <= 0) return;
  const branch = firstMissing(context, chain);
  if (branch === null) raiseRank(context, certificate);
  else setPrepared(context, certificate, branch);
  context.state.publication.due = true;
}

/**
 * Returns the part of `chain` that is not on the log, or null if all of it is. The chain begins at the commit index of the time it was
 * asked for; the log's base may have passed that since, and everything up to the base is on the log's chain.
 */
function firstMissing({ state: { log } }: Context, chain: readonly ChainedEntry[]): ChainedEntry[] | null {
  const at = chain.findIndex(({ entry, hash }) => entry.index > log.base.index && hashAt(log, entry.index) !== hash);
  return at < 0 ? null : chain.slice(at);
}

/** Returns the catch-up that waits for this answer, if one does (§8.1). */
export function awaitedBy(
  { catchUp: { active } }: CoreState,
  { replica, nonce }: FetchEntriesResponse,
): CatchUp | null {
  return active !== null && active.source === replica && active.nonce === nonce ? active : null;
}
