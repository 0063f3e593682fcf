/** Replays of old heartbeats that keep followers quiet (§5.1, §12 "Leader"). */
import type { Millis } from "../../../../protocol/ids.ts";
import type { PacketOf } from "../../../../protocol/packet.ts";
import { ownCopy } from "../../../../replica/byzantine/lies.ts";
import { silent } from "../../../../replica/byzantine/silent.ts";
import type { Outgoing } from "../../../../replica/core/output.ts";
import type { Actor } from "../actor.ts";
import { repeat } from "../shadow/shadow_actor.ts";
import { Situation } from "../shadow/shadow_situation.ts";

/** Sends nothing of its own; repeats every leader's old heartbeats, first those of terms that some replica is still in. */
const oldHeartbeats: Actor = (faultyReplica) => {
  const situation = new Situation(faultyReplica);
  const { sharedCampaign: { listener }, colluders, self } = situation;
  let beats = 0;
  repeat(situation, () => {
    if (beats++ % 2 > 0 || listener.heartbeats.length === 0) return;
    for (const { id, state } of situation.honest) {
      const fitting = listener.heartbeats.filter(({ signed: { message } }) => message.term === state.hard.currentTerm);
      const from = fitting.length > 0 && beats % 8 > 1 ? fitting : listener.heartbeats;
      colluders.send(self, [id], colluders.rng.pick(from));
    }
  });
  return {
    ...silent(faultyReplica),
    swallows(input) {
      listener.hear(input);
      return false;
    },
  };
};

/** Time for which a fading leader leads well. */
const GOOD_MS: Millis = 700;
/** Number of heartbeats it keeps for replays. */
const KEPT = 20;

/** Behaves well until it leads; shortly after that it falls silent for good, except for the heartbeats it has signed before. */
const fadingLeader: Actor = (faultyReplica) => {
  const situation = new Situation(faultyReplica);
  const { colluders, self } = situation;
  const kept: PacketOf<"AppendEntries">[] = [];
  let silentFrom = Infinity;
  let beats = 0;
  const faded = () => colluders.now() >= silentFrom;
  repeat(situation, () => {
    if (!faded() || kept.length === 0 || beats++ % 2 > 0) return;
    colluders.send(self, colluders.honest, kept[Math.floor(beats / 2) % kept.length]!);
  });
  const corrupt = (outgoing: readonly Outgoing[]): readonly Outgoing[] => {
    if (faded()) return outgoing.flatMap((each) => ownCopy(each, self));
    for (const { packet } of outgoing) {
      if (packet.kind !== "AppendEntries") continue;
      silentFrom = Math.min(silentFrom, colluders.now() + GOOD_MS);
      if (packet.entries.length > 0 || kept.length >= KEPT) continue;
      kept.push({ ...packet, signed: colluders.sign(self, packet.signed), proof: null });
    }
    return outgoing;
  };
  return { corrupt, answers: (reply) => faded() ? [] : [reply] };
};

export const HEARTBEAT_REPLAYERS: Readonly<Record<string, Actor>> = {
  "old-heartbeats": oldHeartbeats,
  "fading-leader": fadingLeader,
};
