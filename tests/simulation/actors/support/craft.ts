/** Tools of faulty replicas: whom they speak to and how much, what they could say to please somebody, what they know of candidates. */
import { accuses, far, ownCopy } from "../../../../replica/byzantine/lies.ts";
import type { Certificate } from "../../../../protocol/certificate.ts";
import { genesisCertificate } from "../../../../replica/core/create_state.ts";
import type { Millis, ReplicaId, Term } from "../../../../protocol/ids.ts";
import type { AppendEntriesResponse, Certified, PreVote } from "../../../../protocol/message.ts";
import type { Outgoing } from "../../../../replica/core/output.ts";
import type { Packet, PacketOf, UnsignedPacket } from "../../../../protocol/packet.ts";
import { quorumOf, type QuorumSizes } from "../../../../protocol/quorum.ts";
import { compareRank } from "../../../../protocol/rank.ts";
import type { CoreState } from "../../../../replica/core/state.ts";
import type { Coven, Puppet, SimAdversary } from "../actor.ts";
import type { Signed } from "../../../../protocol/signed.ts";
import type { InputWithoutTime } from "../../../../replica/core/input.ts";

/** Packets one faulty replica sends in a run beside its core's own: nobody is drowned in them, and runs stay short. */
const ALLOWANCE = 4000;
const spent = new WeakMap<Coven, Map<ReplicaId, number>>();

/** One faulty replica's voice towards the honest ones. */
export class Speaker {
  readonly self: ReplicaId;
  readonly #coven: Coven;
  readonly #said = new Set<string>();

  constructor({ coven, config }: Puppet) {
    this.#coven = coven;
    this.self = config.self;
  }

  /** Signs `packet` and sends it to those of `to` that are honest, as long as the allowance lasts. */
  say(to: readonly ReplicaId[], packet: UnsignedPacket): void {
    if (!this.#mayStillSpeak()) return;
    const sealed = packet.kind === "Evidence" || packet.kind === "ForwardedRequest"
      ? packet
      : { ...packet, signed: this.#coven.sign(this.self, packet.signed) } as Packet;
    this.pass(to, sealed);
  }

  /** Passes on what others, or this replica itself, have signed. */
  pass(to: readonly ReplicaId[], packet: Packet): void {
    if (isCut(packet)) return;
    const receivers = to.filter((id) => this.#coven.honest.includes(id));
    if (receivers.length === 0 || !this.#mayStillSpeak()) return;
    const counts = spent.get(this.#coven) ?? new Map<ReplicaId, number>();
    spent.set(this.#coven, counts.set(this.self, (counts.get(this.self) ?? 0) + 1));
    this.#coven.send(this.self, receivers, packet);
  }

  /** Whether this is the first call with `key`. */
  first(key: string): boolean {
    if (this.#said.has(key)) return false;
    this.#said.add(key);
    return true;
  }

  #mayStillSpeak(): boolean {
    return (spent.get(this.#coven)?.get(this.self) ?? 0) < ALLOWANCE;
  }
}

/** Whether ingress took the entries out of `packet`: no bytes on a wire would be decoded to what is left. */
const isCut = (packet: Packet): boolean =>
  packet.kind === "AppendEntries" && packet.entries.length < packet.signed.message.entryHashes.length;

/** True at most once in `everyMs` of virtual time. */
export function createRhythm({ coven }: Puppet, everyMs: Millis): () => boolean {
  let next = -Infinity;
  return () => {
    if (coven.now() < next) return false;
    next = coven.now() + everyMs;
    return true;
  };
}

/** An adversary that says nothing of `kinds` to others, while its core goes on hearing itself, and acts after every batch. */
export function inPlaceOf({ config }: Puppet, kinds: readonly Packet["kind"][], act: () => void): SimAdversary {
  return {
    corrupt(outgoing) {
      act();
      return withhold(outgoing, kinds, config.self);
    },
  };
}

/** `outgoing` without what is of `kinds`, or accuses the sender, as far as others would get it. */
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

/** What it says of itself: always some commits ahead, which others then want to have. */
export function boast(each: Outgoing): Outgoing {
  const { packet, to } = each;
  if (packet.kind !== "AppendEntriesResponse") return each;
  const { commitIndex } = packet.signed;
  return { to, packet: { ...packet, signed: { ...packet.signed, commitIndex: far(commitIndex, 3) } } };
}

/** Honest replicas that are up, as they are. */
export const honestStates = ({ coven }: Puppet): [ReplicaId, CoreState][] =>
  coven.honest.flatMap((id): [ReplicaId, CoreState][] => {
    const state = coven.peek(id);
    return state ? [[id, state]] : [];
  });

export const quorumIn = ({ members, honest }: Coven): QuorumSizes => quorumOf(members.length + honest.length);

/** The words of `heard` in the mouth of `self`: the same acks, and the highest of them reported prepared in the same term. */
export function echo(self: ReplicaId, heard: AppendEntriesResponse): AppendEntriesResponse {
  const head = heard.acks.at(-1);
  return { ...heard, replica: self, prepared: head ? { term: heard.term, ...head } : heard.prepared };
}

const secrets = new WeakMap<Coven, Set<string>>();

/** Every faulty replica acks what `heard` acks, and only they know: certificates come up in the lore that nobody else holds. */
export function ackSecretly(coven: Coven, heard: AppendEntriesResponse): void {
  const head = heard.acks.at(-1);
  if (head === undefined || coven.members.includes(heard.replica)) return;
  const known = secrets.get(coven) ?? new Set<string>();
  secrets.set(coven, known);
  const key = `${heard.term} ${heard.acks.map(({ index, hash }) => `${index} ${hash}`).join(" ")}`;
  if (known.has(key)) return;
  known.add(key);
  for (const member of coven.members) {
    coven.lore.hear({ kind: "AppendEntriesResponse", signed: coven.sign(member, echo(member, heard)) });
  }
}

/** Certificates known, genesis among them, from the lowest rank to the highest. */
export const ranked = ({ coven, state }: Puppet): Certificate[] =>
  [genesisCertificate(state.genesis), ...coven.lore.certificates].sort(compareRank);

/** PreVotes of a quorum for `term` or above, as far as the honest ones are known; null where they do not suffice (§6.3). */
export function preVotesFor(coven: Coven, term: Term): Signed<PreVote>[] | null {
  const chosen = new Map<ReplicaId, Signed<PreVote>>();
  for (const preVote of [...coven.lore.preVotes].reverse()) {
    const { replica, term: supported } = preVote.message;
    if (supported >= term && coven.honest.includes(replica) && !chosen.has(replica)) chosen.set(replica, preVote);
  }
  const { quorum } = quorumIn(coven);
  for (const member of coven.members) {
    if (chosen.size >= quorum) break;
    chosen.set(member, coven.sign(member, { kind: "PreVote", term, replica: member }));
  }
  return chosen.size >= quorum ? [...chosen.values()].slice(0, quorum) : null;
}

/** A replica that asks for votes now. */
export interface Running {
  readonly candidate: ReplicaId;
  readonly term: Term;
  readonly base: Certified;
  readonly state: CoreState;
}

export const runningCandidates = (puppet: Puppet): Running[] =>
  honestStates(puppet).flatMap(([candidate, state]) => {
    const { candidacy } = state.election;
    return candidacy ? [{ candidate, term: state.hard.currentTerm, base: candidacy.base, state }] : [];
  });

/** A vote of `self` for what `running` asks. */
export const ballot = (self: ReplicaId, { term, candidate, base }: Omit<Running, "state">): UnsignedPacket => ({
  kind: "Vote",
  signed: { kind: "Vote", term, candidate, voter: self, granted: true, base },
});

/** What the core says, but nothing that accuses its own. */
export const ownWord = (each: Outgoing, { coven }: Puppet): Outgoing[] =>
  coven.members.some((member) => accuses(each.packet, member)) ? [] : [each];

/** Runs the honest core without a word to others. */
export const muted = (outgoing: readonly Outgoing[], self: ReplicaId): Outgoing[] =>
  outgoing.flatMap((each) => ownCopy(each, self));
