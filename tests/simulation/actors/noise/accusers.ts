/** Accusers of honest replicas: evidence put together from what these really signed (§9.1, §9.2, §12). */
import type { Evidence } from "../../../../protocol/evidence.ts";
import type { AppendEntriesResponse, Vote } from "../../../../protocol/message.ts";
import type { PacketOf } from "../../../../protocol/packet.ts";
import { sameCertified } from "../../../../protocol/rank.ts";
import type { Actor, Puppet } from "../actor.ts";
import { createRhythm, Speaker } from "../support/craft.ts";
import type { Signed } from "../../../../protocol/signed.ts";

type Headers = PacketOf<"AppendEntries">;

/**
 * Presents two messages of one honest replica as a contradiction: of two terms, of two points, one of them twice, another replica's. If
 * honest replicas did contradict themselves, it finds that and shows it.
 */
const falseAccuser: Actor = (puppet) => {
  const { coven, config } = puppet;
  const speaker = new Speaker(puppet);
  const due = createRhythm(puppet, config.constants.heartbeatMs);
  const heard: Evidence[] = [];
  return {
    corrupt(outgoing) {
      if (!due()) return outgoing;
      const evidence = contradictionOfHonest(puppet) ?? coven.rng.pick(FORGERIES)(puppet) ?? heard.at(-1);
      if (evidence) speaker.say(coven.honest, { kind: "Evidence", evidence });
      return outgoing;
    },
    swallows(input) {
      if (input.kind === "packet" && input.packet.kind === "Evidence") heard.push(input.packet.evidence);
      return false;
    },
  };
};

type Forgery = (puppet: Puppet) => Evidence | null;

/** Returns two of `list` that the same honest replica signed; the two may be one. */
function pairOf<T>(puppet: Puppet, list: readonly T[], signer: (item: T) => string): [T, T] | null {
  const { coven } = puppet;
  const culprit = coven.rng.pick(coven.honest);
  const own = list.filter((item) => signer(item) === culprit);
  return own.length === 0 ? null : [coven.rng.pick(own), coven.rng.pick(own)];
}

const replicaOf = ({ message }: Signed<AppendEntriesResponse>) => message.replica;
const voterOf = ({ message }: Signed<Vote>) => message.voter;
const leaderOf = ({ signed }: Headers) => signed.message.leader;

const allVotes = ({ coven: { lore } }: Puppet): Signed<Vote>[] => [
  ...lore.votes,
  ...lore.proofs.flatMap(({ votes }) => votes),
];

const FORGERIES: readonly Forgery[] = [
  (puppet) => {
    const pair = pairOf(puppet, puppet.coven.lore.responses, replicaOf);
    return pair && { kind: "double-ack", culprit: replicaOf(pair[0]), first: pair[0], second: pair[1] } as Evidence;
  },
  (puppet) => {
    const pair = pairOf(puppet, allVotes(puppet), voterOf);
    return pair && { kind: "double-vote", culprit: voterOf(pair[0]), first: pair[0], second: pair[1] } as Evidence;
  },
  (puppet) => {
    const pair = pairOf(puppet, puppet.coven.lore.appends, leaderOf);
    const [first, second] = pair?.map(({ signed }) => signed) ?? [];
    return first && second ? { kind: "equivocation", culprit: first.message.leader, first, second } : null;
  },
  /** A valid entry presented as an invalid one. */
  (puppet) => {
    const pair = pairOf(puppet, puppet.coven.lore.appends.filter(({ entries }) => entries.length > 0), leaderOf);
    if (pair === null) return null;
    const [{ signed, entries }] = pair;
    return { kind: "bad-entry", culprit: signed.message.leader, header: signed, entries };
  },
  /** Its own contradiction, held against another replica. */
  (puppet) => {
    const { coven, config } = puppet;
    const own = coven.lore.responses.filter((response) => replicaOf(response) === config.self);
    const first = own.at(-1);
    if (first === undefined) return null;
    const acks = first.message.acks.map((ack) => ({ ...ack, hash: first.message.commitHash }));
    const second = coven.sign(config.self, { ...first.message, acks });
    return { kind: "double-ack", culprit: coven.rng.pick(coven.honest), first, second };
  },
];

/** Returns a real contradiction of an honest replica: votes go to candidates alone, so that only candidates together can see it. */
function contradictionOfHonest(puppet: Puppet): Evidence | null {
  const { coven } = puppet;
  const seen = new Map<string, Signed<Vote>>();
  for (const vote of allVotes(puppet)) {
    const { voter, term, candidate, base } = vote.message;
    if (!coven.honest.includes(voter)) continue;
    const first = seen.get(`${voter} ${term}`);
    seen.set(`${voter} ${term}`, first ?? vote);
    if (!first || first.message.candidate === candidate && sameCertified(first.message.base, base)) continue;
    return { kind: "double-vote", culprit: voter, first, second: vote };
  }
  return doubleAckOfHonest(puppet);
}

function doubleAckOfHonest({ coven }: Puppet): Evidence | null {
  const seen = new Map<string, { readonly hash: string; readonly response: Signed<AppendEntriesResponse> }>();
  for (const response of coven.lore.responses) {
    const { replica, term, acks } = response.message;
    if (!coven.honest.includes(replica)) continue;
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
