/**
 * Elections without end: a replica that always has a PreVote for a higher term, asks for votes at once and out of turn, with PreVotes
 * and bases that will not do, and leads nobody where it wins all the same (§6.3–§6.5, §6.10, §12).
 */
import type { Certificate } from "../core/certificate.ts";
import { genesisCertificate } from "../core/create_state.ts";
import { peersOf } from "../core/context.ts";
import { type ReplicaId, round, type Term } from "../core/ids.ts";
import { LIMITS } from "../core/limits.ts";
import { headAt } from "../core/log.ts";
import type { AppendEntries, PreVote, Signed, Vote } from "../core/message.ts";
import type { Outgoing } from "../core/output.ts";
import type { UnsignedPacket } from "../core/packet.ts";
import { certified, sameCertified } from "../core/rank.ts";
import type { InputWithoutTime } from "../effects.ts";
import type { Adversary, Victim } from "./adversary.ts";
import { accuses, createPace, far, forged, inTurn, laterTerm, wrongHash } from "./lies.ts";

/** Every so many turns it asks for the last term there can be. */
const LAST_TERM_EVERY = 13;
const LAST_TERM = LIMITS.maxInteger as Term;

/** What it has collected. */
interface Collection {
  /** The first PreVote heard of each replica, kept for as long as it lives, and the newest. */
  readonly oldest: Map<ReplicaId, Signed<PreVote>>;
  readonly newest: Map<ReplicaId, Signed<PreVote>>;
  /** Votes given to it in the term it asked for with a base that holds. */
  readonly votes: Map<ReplicaId, Signed<Vote>>;
  /** The latest request that could be granted. */
  asked: { readonly term: Term; readonly certificate: Certificate } | null;
}

/** See the head of this file. */
export function elections(victim: Victim): Adversary {
  const { state, config } = victim;
  const pace = createPace(victim);
  const collection: Collection = { oldest: new Map(), newest: new Map(), votes: new Map(), asked: null };
  const corrupt = (outgoing: readonly Outgoing[], now: number): Outgoing[] => {
    const kept = outgoing.flatMap((each) => leadNobody(victim, each));
    const turn = pace(now);
    if (turn === null) return kept;
    for (const preVote of state.election.support.values()) collect(collection, preVote);
    const to = peersOf(state);
    const preVote: PreVote = { kind: "PreVote", term: preVoteTerm(victim, turn), replica: config.self };
    const request = requestVote(victim, collection, turn);
    const won = claimOf(victim, collection, turn);
    return [
      ...kept,
      { to: "all", packet: { kind: "PreVote", signed: preVote, proof: null } },
      { to, packet: request },
      ...(won === null || turn % 2 === 0 ? [] : [{ to, packet: won }]),
    ];
  };
  return { corrupt, swallows: (input) => overhear(victim, collection, input) };
}

/** Takes note of PreVotes and of votes for itself; nothing is swallowed. */
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

/** As leader its core sends its followers nothing, or in every other term heartbeats that never bring an entry. */
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

interface Ask {
  readonly term: Term;
  readonly certificate: Certificate;
  readonly preVotes: readonly Signed<PreVote>[];
}
/** What it asks for votes with. `good` are its newest PreVotes for the next term. */
type Lie = (victim: Victim, collection: Collection, good: readonly Signed<PreVote>[], next: Term) => Ask;

const LIES: readonly Lie[] = [
  /** All in order where it has heard enough PreVotes, and no turn waited for. */
  ({ state }, _, preVotes, term) => ({ term, certificate: state.prepared, preVotes }),
  /** PreVotes as old as it has. */
  ({ state }, { oldest }, _, term) => ({ term, certificate: state.prepared, preVotes: [...oldest.values()] }),
  /** Too few. */
  ({ state }, _, good, term) => ({ term, certificate: state.prepared, preVotes: good.slice(1) }),
  /** One, over and over. */
  ({ state }, { newest }, _, term) => ({
    term,
    certificate: state.prepared,
    preVotes: Array.from({ length: state.sizes.quorum }, () => [...newest.values()].slice(0, 1)).flat(),
  }),
  /** A base nobody certified, above all others. */
  (victim, _, preVotes, term) => ({ term, certificate: falseCertificate(victim, term), preVotes }),
  /** The lowest base there is. */
  ({ state }, _, preVotes, term) => ({ term, certificate: genesisCertificate(state.genesis), preVotes }),
  /** Everyone's PreVotes, by nobody signed. */
  ({ state, config }, _, __, term) => ({
    term,
    certificate: state.prepared,
    preVotes: config.replicas.map((replica) => forged<PreVote>({ kind: "PreVote", term, replica })),
  }),
  /** The last term, with PreVotes for less. */
  ({ state }, { newest }) => ({ term: LAST_TERM, certificate: state.prepared, preVotes: [...newest.values()] }),
];

/** The signatures of the certificate it holds, under another point. */
function falseCertificate(victim: Victim, term: Term): Certificate {
  const { state } = victim;
  const { responses } = state.prepared;
  const index = far(state.prepared.index, 1000);
  return { kind: "prepare", term: (term - 1) as Term, index, hash: wrongHash(victim, index), responses };
}

function requestVote(victim: Victim, collection: Collection, turn: number): UnsignedPacket {
  const { state, config } = victim;
  const next = laterTerm(state.hard.currentTerm, 1);
  const good = [...collection.newest.values()].filter(({ message }) => message.term >= next);
  const { term, certificate, preVotes } = inTurn(LIES, turn)(victim, collection, good, next);
  const grantable = good.length >= state.sizes.quorum && preVotes === good;
  if (grantable && collection.asked?.term !== term) {
    collection.asked = { term, certificate };
    collection.votes.clear();
  }
  const base = certified(certificate);
  return {
    kind: "RequestVote",
    signed: { kind: "RequestVote", term, candidate: config.self, base },
    certificate,
    preVotes,
  };
}

/** Once elected by what it collected: that it leads, and nothing else. */
function claimOf({ state, config }: Victim, { asked, votes }: Collection, turn: number): UnsignedPacket | null {
  if (asked === null) return null;
  const base = certified(asked.certificate);
  const counted = [...votes.values()].filter(({ message }) =>
    message.term === asked.term && sameCertified(message.base, base)
  );
  if (counted.length < state.sizes.quorum) return null;
  const { index, hash } = headAt(state.log, state.commitIndex);
  const signed: AppendEntries = {
    kind: "AppendEntries",
    term: asked.term,
    leader: config.self,
    round: round(turn + 1),
    prevIndex: index,
    prevHash: hash,
    entryHashes: [],
    commitIndex: index,
  };
  return { kind: "AppendEntries", signed, entries: [], proof: { base: asked.certificate, votes: counted } };
}
