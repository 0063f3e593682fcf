/**
 * Elections without end: a replica that always has a PreVote for a higher term, requests votes at once and out of turn, with invalid
 * PreVotes and bases, and leads no one if it wins all the same (§6.3–§6.5, §6.10, §12).
 */
import type { Certificate, ElectionProof } from "../../protocol/certificate.ts";
import { type ReplicaId, round, type Term } from "../../protocol/ids.ts";
import { LIMITS } from "../../protocol/limits.ts";
import type { AppendEntries, PreVote, Vote } from "../../protocol/message.ts";
import type { UnsignedPacket, UnsignedPacketOf } from "../../protocol/packet.ts";
import { certified, sameCertified } from "../../protocol/rank.ts";
import type { Signed } from "../../protocol/signed.ts";
import { peersOf } from "../core/context.ts";
import { genesisCertificate } from "../core/create_state.ts";
import type { InputWithoutTime } from "../core/input.ts";
import { headAt } from "../core/log/log.ts";
import type { Outgoing } from "../core/output.ts";
import type { Adversary, Victim } from "./adversary.ts";
import { accuses, createPace, far, forged, inTurn, laterTerm, voteForItself, wrongHash } from "./lies.ts";

/** Turns after which it asks for the last term there can be. */
const LAST_TERM_EVERY = 13;
const LAST_TERM = LIMITS.maxInteger as Term;

/** The votes and PreVotes it has collected. */
interface Collection {
  /** The first PreVote heard of each replica, kept for as long as it lives, and the newest. */
  readonly oldest: Map<ReplicaId, Signed<PreVote>>;
  readonly newest: Map<ReplicaId, Signed<PreVote>>;
  /** Votes given to it in the term it asked for with a valid base. */
  readonly votes: Map<ReplicaId, Signed<Vote>>;
  /** The latest term it asked for with valid PreVotes, and the bases it named. */
  asked: { readonly term: Term; readonly bases: Certificate[] };
}

const NOTHING_ASKED = { term: 0 as Term, bases: [] };

/** Makes the adversary described above. */
export function elections(victim: Victim): Adversary {
  const { state, config } = victim;
  const pace = createPace(victim);
  const collection: Collection = { oldest: new Map(), newest: new Map(), votes: new Map(), asked: NOTHING_ASKED };
  const corrupt = (outgoing: readonly Outgoing[], now: number): Outgoing[] => {
    const kept = outgoing.flatMap((each) => leadNobody(victim, each));
    for (const preVote of state.election.support.values()) collect(collection, preVote);
    const early = askAtOnce(victim, collection);
    const turn = pace(now);
    if (turn === null) return [...kept, ...early];
    const to = peersOf(state);
    const preVote: PreVote = { kind: "PreVote", term: preVoteTerm(victim, turn), replica: config.self };
    const lie = inTurn(LIES, turn)(victim, collection, goodPreVotes(victim, collection), nextTermOf(victim));
    const won = turn % 2 === 0 ? null : claimOf(victim, collection, turn);
    return [
      ...kept,
      ...early,
      { to: "all", packet: { kind: "PreVote", signed: preVote, proof: null } },
      { to, packet: requestOf(victim, lie) },
      ...(won === null ? [] : [{ to, packet: won }]),
    ];
  };
  return { corrupt, swallows: (input) => overhear(victim, collection, input) };
}

/** Collects PreVotes and votes for itself; nothing is swallowed. */
function overhear({ config }: Victim, collection: Collection, input: InputWithoutTime): false {
  if (input.kind !== "packet") return false;
  const { packet } = input;
  if (packet.kind === "PreVote") collect(collection, packet.signed);
  if (packet.kind === "RequestVote") packet.preVotes.forEach((preVote) => collect(collection, preVote));
  if (packet.kind === "Vote" && packet.signed.message.candidate === config.self) {
    collection.votes.set(packet.signed.message.voter, packet.signed);
  }
  return false;
}

function collect({ oldest, newest }: Collection, preVote: Signed<PreVote>): void {
  const { replica, term } = preVote.message;
  if (!oldest.has(replica)) oldest.set(replica, preVote);
  if (term > (newest.get(replica)?.message.term ?? 0)) newest.set(replica, preVote);
}

/** As leader, sends its followers nothing, or in every other term heartbeats that never bring an entry. */
function leadNobody({ config }: Victim, outgoing: Outgoing): Outgoing[] {
  const { to, packet } = outgoing;
  if (accuses(packet, config.self)) return [];
  if (packet.kind !== "AppendEntries" || to === "all") return [outgoing];
  const own: Outgoing[] = to.includes(config.self) ? [{ to: [config.self], packet }] : [];
  if (packet.signed.term % 2 === 1) return own;
  const others = to.filter((id) => id !== config.self);
  const signed: AppendEntries = { ...packet.signed, entryHashes: [] };
  return [...own, { to: others, packet: { ...packet, signed, entries: [] } }];
}

function preVoteTerm({ state }: Victim, turn: number): Term {
  if (turn % LAST_TERM_EVERY === LAST_TERM_EVERY - 1) return LAST_TERM;
  return laterTerm(state.hard.currentTerm, 1 + turn);
}

/** The content of a request for votes. */
interface Ask {
  readonly term: Term;
  readonly certificate: Certificate;
  readonly preVotes: readonly Signed<PreVote>[];
}
/** `good` are its newest PreVotes for the next term. */
type Lie = (victim: Victim, collection: Collection, good: readonly Signed<PreVote>[], next: Term) => Ask;

/** Requests sent as soon as it holds valid PreVotes, whoever's turn it is. */
const OUT_OF_TURN: readonly Lie[] = [
  /** Everything valid. */
  ({ state }, _, preVotes, term) => ({ term, certificate: state.prepared, preVotes }),
  /** A base that no replica certified, above all others. */
  (victim, _, preVotes, term) => ({ term, certificate: falseCertificate(victim, term), preVotes }),
  /** The lowest base there is. */
  ({ state }, _, preVotes, term) => ({ term, certificate: genesisCertificate(state.genesis), preVotes }),
];

/** Requests sent in turn, made of what it has. */
const LIES: readonly Lie[] = [
  ...OUT_OF_TURN,
  /** The oldest PreVotes it has. */
  ({ state }, { oldest }, _, term) => ({ term, certificate: state.prepared, preVotes: [...oldest.values()] }),
  /** Too few. */
  ({ state }, _, good, term) => ({ term, certificate: state.prepared, preVotes: good.slice(1) }),
  /** One, over and over. */
  ({ state }, { newest }, _, term) => ({
    term,
    certificate: state.prepared,
    preVotes: Array.from({ length: state.quorumSizes.quorum }, () => [...newest.values()].slice(0, 1)).flat(),
  }),
  /** Everyone's PreVotes, signed by none of them. */
  ({ state, config }, _, __, term) => ({
    term,
    certificate: state.prepared,
    preVotes: config.replicas.map((replica) => forged<PreVote>({ kind: "PreVote", term, replica })),
  }),
  /** The last term, with PreVotes for less. */
  ({ state }, { newest }) => ({ term: LAST_TERM, certificate: state.prepared, preVotes: [...newest.values()] }),
];

/** Returns the signatures of the certificate it holds, under another point. */
function falseCertificate(victim: Victim, term: Term): Certificate {
  const { state } = victim;
  const { responses } = state.prepared;
  const index = far(state.prepared.index, 1000);
  return { kind: "prepare", term: (term - 1) as Term, index, hash: wrongHash(victim, index), responses };
}

const nextTermOf = ({ state }: Victim): Term => laterTerm(state.hard.currentTerm, 1);

function goodPreVotes(victim: Victim, { newest }: Collection): Signed<PreVote>[] {
  const next = nextTermOf(victim);
  return [...newest.values()].filter(({ message }) => message.term >= next);
}

/** Once it holds a PreVote certificate for the next term, requests votes with every base it can name, the last one with its own vote. */
function askAtOnce(victim: Victim, collection: Collection): Outgoing[] {
  const { state } = victim;
  const term = nextTermOf(victim);
  const good = goodPreVotes(victim, collection);
  if (good.length < state.quorumSizes.quorum || collection.asked.term >= term) return [];
  const asks = OUT_OF_TURN.map((_, i) => inTurn(OUT_OF_TURN, i + term)(victim, collection, good, term));
  for (const { certificate } of asks) noteAsked(collection, term, certificate);
  return [
    ...asks.map((ask) => ({ to: peersOf(state), packet: requestOf(victim, ask) })),
    ...voteForItself(victim, term, asks.at(-1)!.certificate),
  ];
}

function requestOf({ config }: Victim, { term, certificate, preVotes }: Ask): UnsignedPacketOf<"RequestVote"> {
  return {
    kind: "RequestVote",
    signed: { kind: "RequestVote", term, candidate: config.self, base: certified(certificate) },
    certificate,
    preVotes,
  };
}

function noteAsked(collection: Collection, term: Term, base: Certificate): void {
  if (collection.asked.term !== term) {
    collection.asked = { term, bases: [] };
    collection.votes.clear();
  }
  const { bases } = collection.asked;
  if (!bases.some((known) => sameCertified(known, base))) bases.push(base);
}

/** Returns the proof of having won with what it collected, or null. */
function proofOf({ state, config }: Victim, { asked, votes }: Collection): ElectionProof | null {
  const own = state.votesSeen.get(config.self);
  const all = [...votes.values(), ...(own && !votes.has(config.self) ? [own] : [])];
  for (const base of asked.bases) {
    const counted = all.filter(({ message }) =>
      message.term === asked.term && message.candidate === config.self && sameCertified(message.base, base)
    );
    if (counted.length >= state.quorumSizes.quorum) return { base, votes: counted };
  }
  return null;
}

/** Returns the claim that it leads, and nothing else, once elected by what it collected. */
function claimOf(victim: Victim, collection: Collection, turn: number): UnsignedPacket | null {
  const { state, config } = victim;
  const proof = proofOf(victim, collection);
  if (proof === null) return null;
  const { index, hash } = headAt(state.log, state.commitIndex);
  const signed: AppendEntries = {
    kind: "AppendEntries",
    term: collection.asked.term,
    leader: config.self,
    round: round(turn + 1),
    prevIndex: index,
    prevHash: hash,
    entryHashes: [],
    commitIndex: index,
  };
  return { kind: "AppendEntries", signed, entries: [], proof };
}
