/**
 * A voter without loyalty: it votes for every candidate, several times and on different bases, refuses and defers at the same time, answers
 * out of turn and unasked, and shows certificates that certify nothing (§6.5, §6.6, §12).
 */
import type { Certificate } from "../../protocol/certificate.ts";
import { nextTerm, type ReplicaId, type Term } from "../../protocol/ids.ts";
import type { Certified, RequestVote, Vote } from "../../protocol/message.ts";
import type { UnsignedPacket } from "../../protocol/packet.ts";
import { certified, sameCertified } from "../../protocol/rank.ts";
import { peersOf } from "../core/context.ts";
import type { Outgoing } from "../core/output.ts";
import type { Adversary, Victim } from "./adversary.ts";
import { accuses, createPace, far, genesisBase, inTurn, othersOf, ownCopy, wrongHash } from "./lies.ts";

/** Makes the adversary described above. Its core goes on as its own voter; its answers to others are replaced. */
export function oppositeVotes(victim: Victim): Adversary {
  const { state, config } = victim;
  const pace = createPace(victim);
  const asking = new Map<ReplicaId, RequestVote>();
  const corrupt = (outgoing: readonly Outgoing[], now: number): Outgoing[] => {
    const kept = outgoing.flatMap((each) => asVoter(victim, each));
    const answers = [...asking.values()].flatMap((request) => answerAll(victim, request));
    asking.clear();
    const turn = pace(now);
    return [...kept, ...answers, ...(turn === null ? [] : unasked(victim, turn))];
  };
  return {
    corrupt,
    swallows(input) {
      if (input.kind !== "packet" || input.packet.kind !== "RequestVote") return false;
      const request = input.packet.signed.message;
      if (state.config.replicas.includes(request.candidate) && request.candidate !== config.self) {
        asking.set(request.candidate, request);
      }
      return false;
    },
  };
}

const VOTING: ReadonlySet<UnsignedPacket["kind"]> = new Set(["Vote", "VoteRefusal", "VoteDeferred"]);

function asVoter({ config }: Victim, outgoing: Outgoing): Outgoing[] {
  if (accuses(outgoing.packet, config.self)) return [];
  return VOTING.has(outgoing.packet.kind) ? ownCopy(outgoing, config.self) : [outgoing];
}

/** Returns every answer a voter could give to one request, all at once, and votes for the other candidates. */
function answerAll(victim: Victim, { term, candidate, base }: RequestVote): Outgoing[] {
  const { state } = victim;
  const voting = (named: ReplicaId, on: Certified) => vote(victim, term, named, on);
  const rivals = peersOf(state).filter((id) => id !== candidate);
  return [
    { to: [candidate], packet: voting(candidate, certified(base)) },
    { to: [candidate], packet: voting(candidate, certified(base)) },
    { to: rivals, packet: voting(candidate, certified(base)) },
    { to: [candidate], packet: voting(candidate, anotherBase(victim, base)) },
    { to: [candidate], packet: voting(rivals[0]!, certified(base)) },
    { to: [candidate], packet: refusal(victim, term, candidate, state.prepared) },
    { to: [candidate], packet: refusal(victim, term, candidate, falseCertificate(victim, term)) },
    { to: [candidate], packet: deferral(victim, term, candidate) },
  ].filter(({ to }) => to.length > 0);
}

type Lie = (victim: Victim, term: Term, peer: ReplicaId) => UnsignedPacket;

const LIES: readonly Lie[] = [
  (victim, term, peer) => vote(victim, term, peer, certified(victim.state.prepared)),
  (victim, term, peer) => vote(victim, term, peer, anotherBase(victim, victim.state.prepared)),
  (victim, term, peer) => vote(victim, term, othersThan(victim, peer), certified(victim.state.prepared)),
  (victim, term, peer) => refusal(victim, term, peer, victim.state.prepared),
  (victim, term, peer) => refusal(victim, term, peer, falseCertificate(victim, term)),
  deferral,
];

/** Returns a packet for each peer in turn about its term or the next, whether it asked or not. */
function unasked(victim: Victim, turn: number): Outgoing[] {
  const { currentTerm } = victim.state.hard;
  const odd = Math.floor(turn / LIES.length) % 2 === 1;
  const term = odd && currentTerm > 0 ? currentTerm : nextTerm(currentTerm);
  return peersOf(victim.state).map((peer) => ({ to: [peer], packet: inTurn(LIES, turn)(victim, term, peer) }));
}

function vote({ config }: Victim, term: Term, candidate: ReplicaId, base: Certified): UnsignedPacket {
  const signed: Vote = { kind: "Vote", term, candidate, voter: config.self, granted: true, base };
  return { kind: "Vote", signed };
}

function refusal(
  { config }: Victim,
  term: Term,
  candidate: ReplicaId,
  certificate: Certificate,
): UnsignedPacket {
  return {
    kind: "VoteRefusal",
    signed: { kind: "VoteRefusal", term, candidate, voter: config.self },
    certificate,
  };
}

function deferral({ config }: Victim, term: Term, candidate: ReplicaId): UnsignedPacket {
  return { kind: "VoteDeferred", signed: { kind: "VoteDeferred", term, candidate, voter: config.self } };
}

const othersThan = (victim: Victim, peer: ReplicaId): ReplicaId =>
  othersOf({ to: "all" }, victim.config).find((id) => id !== peer) ?? peer;

/** Returns a base that is not `base`: the lowest there is, or one that does not exist. */
function anotherBase(victim: Victim, base: Certified): Certified {
  const genesis = genesisBase(victim.state);
  return sameCertified(genesis, base) ? { ...genesis, hash: wrongHash(victim, 0) } : genesis;
}

/** Returns a certificate of a higher rank than its own with the signatures of its own. */
function falseCertificate(victim: Victim, term: Term): Certificate {
  const { prepared } = victim.state;
  const index = far(prepared.index, 1);
  return {
    kind: "prepare",
    term: Math.max(0, term - 1) as Term,
    index,
    hash: wrongHash(victim, index),
    responses: prepared.responses,
  };
}
