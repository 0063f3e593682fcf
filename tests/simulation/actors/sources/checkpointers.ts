/** Faulty Checkpoints: of other states, of wrong indexes, too early, to some only, or none (§8.2, §12). */
import { type LogIndex, logIndex, type ReplicaId } from "../../../../protocol/ids.ts";
import { LIMITS } from "../../../../protocol/limits.ts";
import type { Checkpoint } from "../../../../protocol/message.ts";
import { far, wrongHash } from "../../../../replica/byzantine/lies.ts";
import type { Actor, FaultyReplica } from "../actor.ts";
import { createRhythm, hearing, honestStates, Speaker, withhold } from "../support/craft.ts";

/** Checkpoints of far-off indexes in one flood. */
const FLOOD = 12;

type Claim = Omit<Checkpoint, "kind" | "replica">;

const publish = (speaker: Speaker, to: readonly ReplicaId[], claim: Claim): void =>
  speaker.say(to, { kind: "Checkpoint", signed: { kind: "Checkpoint", replica: speaker.self, ...claim } });

/**
 * Signs other states than the honest do, a different one for each receiver; the right one under another hash, too early, several times. Now
 * and then it floods all replicas with indexes that are far off or at which no checkpoint is taken.
 */
const falseCheckpoint: Actor = (faultyReplica) => {
  const { colluders, config } = faultyReplica;
  const speaker = new Speaker(faultyReplica);
  const due = createRhythm(faultyReplica, 10 * config.constants.heartbeatMs);
  let floods = 0;
  return {
    corrupt(outgoing) {
      if (due()) flood(faultyReplica, speaker, floods++);
      return withhold(outgoing, ["Checkpoint"], config.self);
    },
    swallows: hearing("Checkpoint", ({ signed: { message } }) => {
      if (!colluders.honest.includes(message.replica) || !speaker.first(`${message.index} ${message.stateDigest}`)) {
        return;
      }
      for (const id of colluders.honest) {
        for (const claim of falsehoods(faultyReplica, message)) publish(speaker, [id], claim);
      }
    }),
  };
};

/** Returns what one replica is told when an honest one signs `true_`. */
function falsehoods(faultyReplica: FaultyReplica, { index, hash, stateDigest }: Checkpoint): Claim[] {
  const { colluders: { rng }, config: { constants } } = faultyReplica;
  const made = wrongHash(faultyReplica, rng.int(0, 1000));
  const early = far(index, constants.checkpointEvery);
  return rng.pick<Claim[]>([
    [{ index, hash, stateDigest: made }],
    [{ index, hash: made, stateDigest }],
    [1, 2, 3].map(() => ({ index, hash, stateDigest })),
    [{ index: early, hash, stateDigest }, { index, hash, stateDigest }],
    [{ index, hash, stateDigest: made }, { index, hash, stateDigest }],
    [{ index: early, hash: made, stateDigest: made }, { index, hash, stateDigest: made }],
    [],
  ]);
}

/** Sends Checkpoints where none is, was or will be soon; and at the next one's index, before it can be known what it is of. */
function flood(faultyReplica: FaultyReplica, speaker: Speaker, turn: number): void {
  const { colluders, config: { constants: { checkpointEvery } } } = faultyReplica;
  const made = wrongHash(faultyReplica, turn);
  const highest = Math.max(0, ...honestStates(faultyReplica).map(([, { commitIndex }]) => commitIndex)) as LogIndex;
  const next = logIndex((Math.floor(highest / checkpointEvery) + 1) * checkpointEvery);
  const odd = [logIndex(0), far(next, 1), logIndex(LIMITS.maxInteger)];
  const distant = Array.from({ length: FLOOD }, (_, i) => far(next, (turn * FLOOD + i + 1000) * checkpointEvery));
  for (const index of [...odd, ...distant, next]) {
    publish(speaker, colluders.honest, { index, hash: made, stateDigest: made });
  }
}

/** Never publishes Checkpoints, or to one replica alone; it takes part in everything else. */
const muteCheckpoint: Actor = ({ colluders, config }) => {
  const favourite = colluders.rng.chance(0.5) ? [] : [colluders.rng.pick(colluders.honest)];
  return {
    corrupt: (outgoing) =>
      outgoing.map((each) => each.packet.kind === "Checkpoint" ? { ...each, to: [...favourite, config.self] } : each),
  };
};

export const CHECKPOINTERS: Readonly<Record<string, Actor>> = {
  "false-checkpoint": falseCheckpoint,
  "mute-checkpoint": muteCheckpoint,
};
