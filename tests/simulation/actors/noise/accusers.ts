/** Accusers of honest replicas: evidence put together from what these really signed (§9.1, §9.2, §12). */
import type { Evidence } from "../../../../protocol/evidence.ts";
import type { AppendEntriesResponse, Vote } from "../../../../protocol/message.ts";
import type { PacketOf } from "../../../../protocol/packet.ts";
import { sameCertified } from "../../../../protocol/rank.ts";
import type { Signed } from "../../../../protocol/signed.ts";
import type { Actor, FaultyReplica } from "../actor.ts";
import { createRhythm, Speaker } from "../support/craft.ts";

type Headers = PacketOf<"AppendEntries">;

/**
 * Presents two messages of one honest replica as a contradiction: of two terms, of two points, one of them twice, another replica's. If
 * honest replicas did contradict themselves, it finds that and shows it.
 */
const falseAccuser: Actor = (faultyReplica) => {
  const { colluders, config } = faultyReplica;
  const speaker = new Speaker(faultyReplica);
  const due = createRhythm(faultyReplica, config.constants.heartbeatMs);
  const heard: Evidence[] = [];
  return {
    corrupt(outgoing) {
      if (!due()) return outgoing;
      const evidence = contradictionOfHonest(faultyReplica) ?? colluders.rng.pick(FORGERIES)(faultyReplica) ??
        heard.at(-1);
      if (evidence) speaker.say(colluders.honest, { kind: "Evidence", evidence });
      return outgoing;
    },
    swallows(input) {
      if (input.kind === "packet" && input.packet.kind === "Evidence") heard.push(input.packet.evidence);
      return false;
    },
  };
};

type Forgery = (faultyReplica: FaultyReplica) => Evidence | null;

/** Returns two of `list` that the same honest replica signed; the two may be one. */
function pairOf<T>(faultyReplica: FaultyReplica, list: readonly T[], signer: (item: T) => string): [T, T] | null {
  const { colluders } = faultyReplica;
  const culprit = colluders.rng.pick(colluders.honest);
  const own = list.filter((item) => signer(item) === culprit);
  return own.length === 0 ? null : [colluders.rng.pick(own), colluders.rng.pick(own)];
}

const replicaOf = ({ message }: Signed<AppendEntriesResponse>) => message.replica;
const voterOf = ({ message }: Signed<Vote>) => message.voter;
const leaderOf = ({ signed }: Headers) => signed.message.leader;

const allVotes = ({ colluders: { adversaryView } }: FaultyReplica): Signed<Vote>[] => [
  ...adversaryView.votes,
  ...adversaryView.proofs.flatMap(({ votes }) => votes),
];

const FORGERIES: readonly Forgery[] = [
  (faultyReplica) => {
    const pair = pairOf(faultyReplica, faultyReplica.colluders.adversaryView.responses, replicaOf);
    return pair && { kind: "double-ack", culprit: replicaOf(pair[0]), first: pair[0], second: pair[1] } as Evidence;
  },
  (faultyReplica) => {
    const pair = pairOf(faultyReplica, allVotes(faultyReplica), voterOf);
    return pair && { kind: "double-vote", culprit: voterOf(pair[0]), first: pair[0], second: pair[1] } as Evidence;
  },
  (faultyReplica) => {
    const pair = pairOf(faultyReplica, faultyReplica.colluders.adversaryView.appends, leaderOf);
    const [first, second] = pair?.map(({ signed }) => signed) ?? [];
    return first && second ? { kind: "equivocation", culprit: first.message.leader, first, second } : null;
  },
  /** A valid entry presented as an invalid one. */
  (faultyReplica) => {
    const pair = pairOf(
      faultyReplica,
      faultyReplica.colluders.adversaryView.appends.filter(({ entries }) => entries.length > 0),
      leaderOf,
    );
    if (pair === null) return null;
    const [{ signed, entries }] = pair;
    return { kind: "bad-entry", culprit: signed.message.leader, header: signed, entries };
  },
  /** Its own contradiction, held against another replica. */
  (faultyReplica) => {
    const { colluders, config } = faultyReplica;
    const own = colluders.adversaryView.responses.filter((response) => replicaOf(response) === config.self);
    const first = own.at(-1);
    if (first === undefined) return null;
    const acks = first.message.acks.map((ack) => ({ ...ack, hash: first.message.commitHash }));
    const second = colluders.sign(config.self, { ...first.message, acks });
    return { kind: "double-ack", culprit: colluders.rng.pick(colluders.honest), first, second };
  },
];

/** Returns a real contradiction of an honest replica: votes go to candidates alone, so that only candidates together can see it. */
function contradictionOfHonest(faultyReplica: FaultyReplica): Evidence | null {
  const { colluders } = faultyReplica;
  const seen = new Map<string, Signed<Vote>>();
  for (const vote of allVotes(faultyReplica)) {
    const { voter, term, candidate, base } = vote.message;
    if (!colluders.honest.includes(voter)) continue;
    const first = seen.get(`${voter} ${term}`);
    seen.set(`${voter} ${term}`, first ?? vote);
    if (!first || first.message.candidate === candidate && sameCertified(first.message.base, base)) continue;
    return { kind: "double-vote", culprit: voter, first, second: vote };
  }
  return doubleAckOfHonest(faultyReplica);
}

function doubleAckOfHonest({ colluders }: FaultyReplica): Evidence | null {
  const seen = new Map<string, { readonly hash: string; readonly response: Signed<AppendEntriesResponse> }>();
  for (const response of colluders.adversaryView.responses) {
    const { replica, term, acks } = response.message;
    if (!colluders.honest.includes(replica)) continue;
    for (const { index, hash } of acks) {
      const key = `${replica} ${term} ${index}`;
      const first = seen.get(key);
      seen.set(key, first ?? { hash, response });
      if (first && first.hash !== hash) {
        return { kind: "double-ack", culprit: replica, first: first.response, second: response };
      }
    }
  }
  return null;
}

export const ACCUSERS: Readonly<Record<string, Actor>> = { "false-accuser": falseAccuser };
