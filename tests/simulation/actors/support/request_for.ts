/** Requests that make a single replica vote for a faulty one. */
import { nextTerm } from "../../../../protocol/ids.ts";
import type { UnsignedPacket } from "../../../../protocol/packet.ts";
import { certified, compareRank } from "../../../../protocol/rank.ts";
import type { CoreState } from "../../../../replica/core/state.ts";
import type { FaultyReplica } from "../actor.ts";
import { preVotesFor, ranked } from "./craft.ts";

/** Returns a request that `state` would grant, for the highest term there are PreVotes for. */
export function requestFor(faultyReplica: FaultyReplica, { hard, prepared }: CoreState) {
  const { colluders, config } = faultyReplica;
  const terms = [nextTerm(hard.currentTerm), ...colluders.adversaryView.preVotes.map(({ message }) => message.term)];
  for (const term of [...new Set(terms)].sort((a, b) => b - a)) {
    if (term <= hard.currentTerm) return null;
    const preVotes = preVotesFor(colluders, term);
    const certificate = ranked(faultyReplica).find((each) => each.term < term && compareRank(each, prepared) >= 0);
    if (!preVotes || !certificate) continue;
    const signed = { kind: "RequestVote", term, candidate: config.self, base: certified(certificate) } as const;
    return { kind: "RequestVote", signed, certificate, preVotes } as const satisfies UnsignedPacket;
  }
  return null;
}
