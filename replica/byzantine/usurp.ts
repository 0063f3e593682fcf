/**
 * A replica that claims a leadership it was not given: AppendEntries in its own and higher terms without proof, or with proofs that prove
 * nothing; and once it has led, it goes on leading its old term (§6.7, §12).
 */
import type { ElectionProof } from "../../protocol/certificate.ts";
import type { Entry, Head } from "../../protocol/entry.ts";
import { joinRequests } from "../../protocol/entry_body.ts";
import { chainEntry } from "../../protocol/hash_chain.ts";
import { offset, type ReplicaId, type Round, round, type Term } from "../../protocol/ids.ts";
import type { AppendEntries, Certified, Vote } from "../../protocol/message.ts";
import type { UnsignedPacketOf } from "../../protocol/packet.ts";
import { sameCertified } from "../../protocol/rank.ts";
import type { Signed } from "../../protocol/signed.ts";
import { peersOf } from "../core/context.ts";
import { headAt } from "../core/log/log.ts";
import type { Outgoing } from "../core/output.ts";
import type { Adversary, Victim } from "./adversary.ts";
import { accuses, createPace, forged, genesisBase, inTurn, laterTerm, voteForItself } from "./lies.ts";

/** Entries it adds to the chain of a term it has lost; afterwards only heartbeats. */
const OLD_TERM_ENTRIES = 64;

/** The term it last really led, and its progress in it. */
interface RogueTerm {
  readonly term: Term;
  readonly proof: ElectionProof;
  head: Head;
  round: Round;
  added: number;
}

interface Situation {
  readonly victim: Victim;
  readonly turn: number;
  readonly rogueTerm: RogueTerm | null;
  /** Votes that others really gave it, all of one term. */
  readonly votes: readonly Signed<Vote>[];
}

/** Returns the packet it sends all its peers in one turn, or null if it has nothing to make that lie of. */
type Lie = (situation: Situation) => UnsignedPacketOf<"AppendEntries"> | null;

/** Makes the adversary described above. */
export function usurp(victim: Victim): Adversary {
  const { state, config } = victim;
  const pace = createPace(victim);
  const votes = new Map<ReplicaId, Signed<Vote>>();
  let rogueTerm: RogueTerm | null = null;
  const corrupt = (outgoing: readonly Outgoing[], now: number): Outgoing[] => {
    for (const { packet } of outgoing) {
      if (packet.kind === "AppendEntries") rogueTerm = rogueTermOf(victim, rogueTerm, packet.signed);
    }
    const kept = outgoing.filter(({ packet }) => !accuses(packet, config.self));
    const turn = pace(now);
    if (turn === null) return kept;
    const packet = inTurn(LIES, turn)({ victim, turn, rogueTerm, votes: [...votes.values()] });
    const lie: Outgoing[] = packet === null ? [] : [{ to: peersOf(state), packet }];
    return [...kept, ...lie, ...voteForItself(victim, termToVoteIn(victim), state.prepared)];
  };
  return {
    corrupt,
    swallows(input) {
      if (input.kind !== "packet" || input.packet.kind !== "Vote") return false;
      const vote = input.packet.signed;
      if (vote.message.candidate === config.self) votes.set(vote.message.voter, vote);
      return false;
    },
  };
}

/**
 * Returns the term of its next vote for itself: the one after the present, or a later one where the base of its last vote is no longer what it can
 * show a certificate of. With such a vote no lie would get as far as its signatures.
 */
function termToVoteIn(victim: Victim): Term {
  const { votesSeen, config, prepared } = victim.state;
  const last = votesSeen.get(config.self)?.message;
  const isOutdated = last !== undefined && !sameCertified(last.base, prepared);
  return laterTerm(Math.max(currentTerm(victim), isOutdated ? last.term : 0) as Term, 1);
}

function rogueTermOf({ state }: Victim, known: RogueTerm | null, header: AppendEntries): RogueTerm | null {
  const { term, prevIndex, prevHash, entryHashes } = header;
  const head: Head = { index: offset(prevIndex, entryHashes.length), hash: entryHashes.at(-1) ?? prevHash };
  if (known?.term !== term) {
    return state.electionProof === null
      ? null
      : { term, proof: state.electionProof, head, round: header.round, added: 0 };
  }
  if (head.index > known.head.index) known.head = head;
  known.round = header.round;
  return known;
}

const LIES: readonly Lie[] = [
  /** No proof, in a term that another leads. */
  ({ victim, turn }) => (victim.state.view.role === "leader" ? null : claim(victim, turn, currentTerm(victim), null)),
  /** No proof, in a future term. */
  ({ victim, turn }) => claim(victim, turn, laterTerm(currentTerm(victim), 1 + turn % 7), null),
  withVotes(({ own }) => own),
  /** One replica's vote, over and over. */
  withVotes(({ own, quorum }) => own.length === 0 ? [] : Array.from({ length: quorum }, () => own[0]!)),
  /** The proof of the present leader, under its own header. */
  ({ victim, turn }) => {
    const vote = victim.state.electionProof?.votes[0]?.message;
    if (!vote || vote.candidate === victim.config.self) return null;
    return claim(victim, turn, vote.term, victim.state.electionProof);
  },
  /** Votes it was really given, and its own, on several bases and in several terms, completed to a quorum. */
  withVotes(({ own, given, made }) =>
    byVoter([
      ...own,
      ...given,
      ...made.map(({ message }, i) => forged({ ...message, base: inTurn(bases(message), i) })),
    ])
  ),
  /** A quorum in perfect order, of which only one signature is valid. */
  withVotes(({ own, made }) => byVoter([...own, ...made])),
  /** A genuine proof of a term it did lead, under the header of a later one. */
  ({ victim, turn, rogueTerm }) =>
    rogueTerm && claim(victim, turn, laterTerm(currentTerm(victim), 1 + turn % 2), rogueTerm.proof),
  /** The term it did lead, as if nothing had happened since. */
  ({ victim, rogueTerm }) => rogueTerm && rogueTerm.term < currentTerm(victim) ? leadOn(victim, rogueTerm) : null,
];

/** Returns the term it is in; at least the first one in which anything is signed. */
const currentTerm = ({ state }: Victim): Term => laterTerm(state.hard.currentTerm, 0);

const bases = ({ base }: Vote): Certified[] => [base, { ...base, index: offset(base.index, 1) }];

function byVoter(votes: readonly Signed<Vote>[]): Signed<Vote>[] {
  const seen = new Map<ReplicaId, Signed<Vote>>();
  for (const vote of votes) if (!seen.has(vote.message.voter)) seen.set(vote.message.voter, vote);
  return [...seen.values()];
}

interface Ballots {
  readonly quorum: number;
  /** Its own vote for itself, if it has one. */
  readonly own: readonly Signed<Vote>[];
  /** Votes it was given, in whatever term. */
  readonly given: readonly Signed<Vote>[];
  /** Votes like its own in the name of everyone else; none of them is signed. */
  readonly made: readonly Signed<Vote>[];
}

/** Returns a lie that claims the term of its own vote, with the votes that `choose` picks. */
function withVotes(choose: (ballots: Ballots) => readonly Signed<Vote>[]): Lie {
  return ({ victim, turn, votes }) => {
    const { state, config } = victim;
    const seen = state.votesSeen.get(config.self);
    const own = seen?.message.candidate === config.self ? [seen] : [];
    const term = laterTerm(currentTerm(victim), 1);
    const message: Vote = own[0]?.message ??
      { kind: "Vote", term, candidate: config.self, voter: config.self, granted: true, base: genesisBase(state) };
    const made = peersOf(state).map((voter) => forged<Vote>({ ...message, voter }));
    const chosen = choose({ quorum: state.quorumSizes.quorum, own, given: votes, made });
    return claim(victim, turn, message.term, { base: state.prepared, votes: chosen });
  };
}

/** Returns one entry of its own after the committed ones, in a term of its own choice. */
function claim(
  victim: Victim,
  turn: number,
  term: Term,
  proof: ElectionProof | null,
): UnsignedPacketOf<"AppendEntries"> {
  const { state } = victim;
  return lead(victim, { term, proof, round: round(turn + 1), after: headAt(state.log, state.commitIndex), entries: 1 });
}

function leadOn(victim: Victim, rogueTerm: RogueTerm): UnsignedPacketOf<"AppendEntries"> {
  rogueTerm.round = round(rogueTerm.round + 1);
  const entries = rogueTerm.added < OLD_TERM_ENTRIES ? 1 : 0;
  const { term, proof, head } = rogueTerm;
  const packet = lead(victim, { term, proof, round: rogueTerm.round, after: head, entries });
  rogueTerm.added += entries;
  rogueTerm.head = { index: offset(head.index, entries), hash: packet.signed.entryHashes[0] ?? head.hash };
  return packet;
}

interface Claim {
  readonly term: Term;
  readonly proof: ElectionProof | null;
  readonly round: Round;
  readonly after: Head;
  readonly entries: number;
}

function lead(
  { config, hash, state }: Victim,
  { term, proof, round, after, entries: count }: Claim,
): UnsignedPacketOf<"AppendEntries"> {
  const entry: Entry = { index: offset(after.index, 1), term, body: joinRequests([]), requests: [] };
  const entries = count === 0 ? [] : [entry];
  const signed: AppendEntries = {
    kind: "AppendEntries",
    term,
    leader: config.self,
    round,
    prevIndex: after.index,
    prevHash: after.hash,
    entryHashes: entries.map((each) => chainEntry(hash, after.hash, each).hash),
    commitIndex: state.commitIndex,
  };
  return { kind: "AppendEntries", signed, entries, proof };
}
