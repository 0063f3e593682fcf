/** A faulty leader that shows a second chain to a few, and an actor that signs several responses for one point. */
import type { Entry } from "../../../../protocol/entry.ts";
import { joinRequests } from "../../../../protocol/entry_body.ts";
import type { ReplicaId } from "../../../../protocol/ids.ts";
import type { AppendEntriesResponse } from "../../../../protocol/message.ts";
import { Fork } from "../../../../replica/byzantine/fork.ts";
import type { Outgoing } from "../../../../replica/core/output.ts";
import type { Actor, FaultyReplica } from "../actor.ts";
import { createRhythm, echo, hearing, runningCandidates, Speaker, withhold } from "../support/craft.ts";

/** Returns a no-op in place of an entry with requests. */
const emptied = ({ index, term }: Entry): Entry => ({ index, term, body: joinRequests([]), requests: [] });

/** Returns what a leader sends instead of `outgoing`: replicas selected by `others` get the second chain, all others the honest one. */
export function createTwoChains(faultyReplica: FaultyReplica, others: (to: ReplicaId) => boolean) {
  const { config, hash } = faultyReplica;
  const fork = new Fork(hash, emptied);
  return (outgoing: readonly Outgoing[]): Outgoing[] =>
    outgoing.flatMap((each): Outgoing[] => {
      const { packet, to } = each;
      if (packet.kind !== "AppendEntries" || to === "all") return [each];
      fork.extend(packet);
      const forged = fork.empty ? null : fork.forge(packet);
      if (forged === null) return [each];
      const misled = to.filter((id) => id !== config.self && others(id));
      return [{ to: to.filter((id) => !misled.includes(id)), packet }, { to: misled, packet: forged }]
        .filter((part) => part.to.length > 0);
    });
}

/**
 * Tries to be a quorum on its own: several signed responses for one point, sent to the replica that acked it, and certificates filled
 * up with them (§2.4). As leader it shows one follower another chain than the rest, and has enough responses for both.
 */
const manyVoices: Actor = (faultyReplica) => {
  const { colluders, config, state } = faultyReplica;
  const speaker = new Speaker(faultyReplica);
  const due = createRhythm(faultyReplica, 50);
  const misled = () => colluders.honest[state.hard.currentTerm % colluders.honest.length];
  const lead = createTwoChains(faultyReplica, (id) => id === misled());
  let latest: AppendEntriesResponse | null = null;
  return {
    corrupt(outgoing) {
      if (latest && due()) refuseWithStuffed(faultyReplica, speaker, latest);
      return lead(withhold(outgoing, ["AppendEntriesResponse"], config.self));
    },
    swallows: hearing("AppendEntriesResponse", ({ signed: { message } }) => {
      const head = message.acks.at(-1);
      if (!head || !speaker.first(`${message.replica} ${message.term} ${head.index} ${head.hash}`)) return;
      latest = message;
      for (const signed of voices(speaker.self, message)) {
        speaker.say([message.replica], { kind: "AppendEntriesResponse", signed });
      }
    }),
  };
};

/** Returns the same response in three different messages. */
const voices = (self: ReplicaId, heard: AppendEntriesResponse): AppendEntriesResponse[] =>
  [1, 2, 3].map((i) => {
    const said = echo(self, heard);
    return { ...said, acks: said.acks.slice(-i), round: (said.round + i) as typeof said.round };
  });

function refuseWithStuffed(faultyReplica: FaultyReplica, speaker: Speaker, heard: AppendEntriesResponse): void {
  const { colluders } = faultyReplica;
  const { term, acks } = heard;
  const point = acks.at(-1)!;
  const genuine = colluders.adversaryView.acksOf(term, point.index, point.hash);
  const own = voices(speaker.self, heard).map((message) => colluders.sign(speaker.self, message));
  for (const running of runningCandidates(faultyReplica)) {
    if (!speaker.first(`stuffed ${running.candidate} ${running.term}`)) continue;
    const signed = {
      kind: "VoteRefusal",
      voter: speaker.self,
      term: running.term,
      candidate: running.candidate,
    } as const;
    const certificate = { kind: "prepare", term, ...point, responses: [...genuine, ...own] } as const;
    speaker.say([running.candidate], { kind: "VoteRefusal", signed, certificate });
  }
}

export const TWO_CHAINS: Readonly<Record<string, Actor>> = { "many-voices": manyVoices };
