/** Tools of faulty replicas: limited sending to selected receivers, plausible messages, and knowledge of candidates. */
import type { Certificate } from "../../../../protocol/certificate.ts";
import type { Millis, ReplicaId, Term } from "../../../../protocol/ids.ts";
import type { AppendEntriesResponse, Certified, PreVote } from "../../../../protocol/message.ts";
import type { Packet, PacketOf, UnsignedPacket } from "../../../../protocol/packet.ts";
import { quorumOf, type QuorumSizes } from "../../../../protocol/quorum.ts";
import { compareRank } from "../../../../protocol/rank.ts";
import type { Signed } from "../../../../protocol/signed.ts";
import { accuses, far, ownCopy } from "../../../../replica/byzantine/lies.ts";
import { genesisCertificate } from "../../../../replica/core/create_state.ts";
import type { InputWithoutTime } from "../../../../replica/core/input.ts";
import type { Outgoing } from "../../../../replica/core/output.ts";
import type { CoreState } from "../../../../replica/core/state.ts";
import type { Colluders, FaultyReplica, SimAdversary } from "../actor.ts";

/**
 * Maximum number of packets one faulty replica sends in a run besides its core's own, so that no replica is flooded and runs stay short.
 */
const ALLOWANCE = 4000;
const spent = new WeakMap<Colluders, Map<ReplicaId, number>>();

/** Sends packets of one faulty replica to the honest ones. */
export class Speaker {
  readonly self: ReplicaId;
  readonly #colluders: Colluders;
  readonly #said = new Set<string>();

  constructor({ colluders, config }: FaultyReplica) {
    this.#colluders = colluders;
    this.self = config.self;
  }

  /** Signs `packet` and sends it to those of `to` that are honest, as long as the allowance lasts. */
  say(to: readonly ReplicaId[], packet: UnsignedPacket): void {
    if (!this.#mayStillSpeak()) return;
    const sealed = packet.kind === "Evidence" || packet.kind === "ForwardedRequest"
      ? packet
      : { ...packet, signed: this.#colluders.sign(this.self, packet.signed) } as Packet;
    this.pass(to, sealed);
  }

  /** Passes on packets signed by others, or by this replica. */
  pass(to: readonly ReplicaId[], packet: Packet): void {
    if (isCut(packet)) return;
    const receivers = to.filter((id) => this.#colluders.honest.includes(id));
    if (receivers.length === 0 || !this.#mayStillSpeak()) return;
    const counts = spent.get(this.#colluders) ?? new Map<ReplicaId, number>();
    spent.set(this.#colluders, counts.set(this.self, (counts.get(this.self) ?? 0) + 1));
    this.#colluders.send(this.self, receivers, packet);
  }

  /** Returns whether this is the first call with `key`. */
  first(key: string): boolean {
    if (this.#said.has(key)) return false;
    this.#said.add(key);
    return true;
  }

  #mayStillSpeak(): boolean {
    return (spent.get(this.#colluders)?.get(this.self) ?? 0) < ALLOWANCE;
  }
}

/** Returns whether ingress took the entries out of `packet`: no bytes on a wire would be decoded to what is left. */
const isCut = (packet: Packet): boolean =>
  packet.kind === "AppendEntries" && packet.entries.length < packet.signed.message.entryHashes.length;

/** Returns a function that is true at most once in `everyMs` of virtual time. */
export function createRhythm({ colluders }: FaultyReplica, everyMs: Millis): () => boolean {
  let next = -Infinity;
  return () => {
    if (colluders.now() < next) return false;
    next = colluders.now() + everyMs;
    return true;
  };
}

/**
 * Returns an adversary that sends nothing of `kinds` to others, while its core still receives its own packets, and acts after every batch.
 */
export function inPlaceOf({ config }: FaultyReplica, kinds: readonly Packet["kind"][], act: () => void): SimAdversary {
  return {
    corrupt(outgoing) {
      act();
      return withhold(outgoing, kinds, config.self);
    },
  };
}

/** Returns `outgoing` without packets of `kinds`, or accusing the sender, as far as others would get them. */
export const withhold = (
  outgoing: readonly Outgoing[],
  kinds: readonly Packet["kind"][],
  self: ReplicaId,
): Outgoing[] =>
  outgoing.flatMap((each) => {
    if (accuses(each.packet, self)) return [];
    return kinds.includes(each.packet.kind) ? ownCopy(each, self) : [each];
  });

const isOf = <K extends Packet["kind"]>(packet: Packet, kind: K): packet is PacketOf<K> => packet.kind === kind;

/** Calls `act` with every packet of `kind` that comes in; nothing is swallowed. */
export const hearing = <K extends Packet["kind"]>(kind: K, act: (packet: PacketOf<K>) => void) =>
(
  input: InputWithoutTime,
): false => {
  const packet: Packet | null = input.kind === "packet" ? input.packet : null;
  if (packet && isOf(packet, kind)) act(packet);
  return false;
};

/** Swallows every packet of `kind`, so that the core never sees it, and calls `act` with it instead. */
export const takingOver =
  <K extends Packet["kind"]>(kind: K, act: (packet: PacketOf<K>) => void) => (input: InputWithoutTime): boolean => {
    const packet: Packet | null = input.kind === "packet" ? input.packet : null;
    if (packet === null || !isOf(packet, kind)) return false;
    act(packet);
    return true;
  };

/** Returns a response that claims to be some commits ahead, which others then want to have. */
export function boast(each: Outgoing): Outgoing {
  const { packet, to } = each;
  if (packet.kind !== "AppendEntriesResponse") return each;
  const { commitIndex } = packet.signed;
  return { to, packet: { ...packet, signed: { ...packet.signed, commitIndex: far(commitIndex, 3) } } };
}

/** Returns the present states of honest replicas that are up. */
export const honestStates = ({ colluders }: FaultyReplica): [ReplicaId, CoreState][] =>
  colluders.honest.flatMap((id): [ReplicaId, CoreState][] => {
    const state = colluders.peek(id);
    return state ? [[id, state]] : [];
  });

export const quorumIn = ({ members, honest }: Colluders): QuorumSizes => quorumOf(members.length + honest.length);

/** Returns `heard` in the name of `self`: the same acks, and the highest of them reported prepared in the same term. */
export function echo(self: ReplicaId, heard: AppendEntriesResponse): AppendEntriesResponse {
  const head = heard.acks.at(-1);
  return { ...heard, replica: self, prepared: head ? { term: heard.term, ...head } : heard.prepared };
}

const secrets = new WeakMap<Colluders, Set<string>>();

/** Has every colluder ack what `heard` acks, in secret: their shared view then has certificates that no other replica holds. */
export function ackSecretly(colluders: Colluders, heard: AppendEntriesResponse): void {
  const head = heard.acks.at(-1);
  if (head === undefined || colluders.members.includes(heard.replica)) return;
  const known = secrets.get(colluders) ?? new Set<string>();
  secrets.set(colluders, known);
  const key = `${heard.term} ${heard.acks.map(({ index, hash }) => `${index} ${hash}`).join(" ")}`;
  if (known.has(key)) return;
  known.add(key);
  for (const member of colluders.members) {
    colluders.adversaryView.hear({
      kind: "AppendEntriesResponse",
      signed: colluders.sign(member, echo(member, heard)),
    });
  }
}

/** Returns the certificates known, genesis among them, from the lowest rank to the highest. */
export const ranked = ({ colluders, state }: FaultyReplica): Certificate[] =>
  [genesisCertificate(state.genesis), ...colluders.adversaryView.certificates].sort(compareRank);

/** Returns PreVotes of a quorum for `term` or above, as far as the honest ones are known; null if they do not suffice (§6.3). */
export function preVotesFor(colluders: Colluders, term: Term): Signed<PreVote>[] | null {
  const chosen = new Map<ReplicaId, Signed<PreVote>>();
  for (const preVote of [...colluders.adversaryView.preVotes].reverse()) {
    const { replica, term: supported } = preVote.message;
    if (supported >= term && colluders.honest.includes(replica) && !chosen.has(replica)) chosen.set(replica, preVote);
  }
  const { quorum } = quorumIn(colluders);
  for (const member of colluders.members) {
    if (chosen.size >= quorum) break;
    chosen.set(member, colluders.sign(member, { kind: "PreVote", term, replica: member }));
  }
  return chosen.size >= quorum ? [...chosen.values()].slice(0, quorum) : null;
}

/** A replica that is asking for votes now. */
export interface Running {
  readonly candidate: ReplicaId;
  readonly term: Term;
  readonly base: Certified;
  readonly state: CoreState;
}

export const runningCandidates = (faultyReplica: FaultyReplica): Running[] =>
  honestStates(faultyReplica).flatMap(([candidate, state]) => {
    const { candidacy } = state.election;
    return candidacy ? [{ candidate, term: state.hard.currentTerm, base: candidacy.base, state }] : [];
  });

/** Returns a vote of `self` for what `running` asks. */
export const ballot = (self: ReplicaId, { term, candidate, base }: Omit<Running, "state">): UnsignedPacket => ({
  kind: "Vote",
  signed: { kind: "Vote", term, candidate, voter: self, granted: true, base },
});

/** Returns the core's packet, unless it accuses a colluder. */
export const ownWord = (each: Outgoing, { colluders }: FaultyReplica): Outgoing[] =>
  colluders.members.some((member) => accuses(each.packet, member)) ? [] : [each];

/** Runs the honest core without sending anything to others. */
export const muted = (outgoing: readonly Outgoing[], self: ReplicaId): Outgoing[] =>
  outgoing.flatMap((each) => ownCopy(each, self));
