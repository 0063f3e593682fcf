/** Replicas that show others ends of epochs which prove nothing, or nothing to whom they are shown (§13.4e, §13.8). */
import { sha256Hex } from "../../../../crypto/digest.ts";
import type { CheckpointProof } from "../../../../protocol/certificate.ts";
import type { Head } from "../../../../protocol/entry.ts";
import { chainEntry } from "../../../../protocol/hash_chain.ts";
import type { EpochEndPacket } from "../../../../protocol/packet.ts";
import type { Actor, Colluders } from "../actor.ts";
import { createRhythm } from "../support/craft.ts";

/** Longer than it takes to look at one: two a second are. */
const SHOW_MS = 500;

type Lie = (shown: EpochEndPacket, colluders: Colluders, epoch: number) => EpochEndPacket;

const withProof = (packet: EpochEndPacket, proof: Partial<CheckpointProof>): EpochEndPacket => ({
  ...{ ...packet, end: { ...packet.end, proof: { ...packet.end.proof, ...proof } } },
});

/** Returns the same with a proof of another point: what the colluders sign there, and the honest Checkpoints of the true one. */
function forgedAt(packet: EpochEndPacket, head: Head, { members, sign }: Colluders): EpochEndPacket {
  const { stable, commit } = packet.end.proof;
  const { stateDigest } = stable;
  const own = members.map((replica) => sign(replica, { kind: "Checkpoint", replica, ...head, stateDigest }));
  const others = stable.checkpoints.filter(({ message }) => !members.includes(message.replica))
    .map(({ message, ...signed }) => ({ ...signed, message: { ...message, ...head, stateDigest } }));
  return withProof(packet, {
    stable: { ...head, stateDigest, checkpoints: [...own, ...others] },
    commit: { ...commit, ...head },
  });
}

const LIES: Readonly<Record<string, Lie>> = {
  /** Genuine, and of an epoch that is long over. */
  old: (packet) => packet,
  /** Without as many Checkpoints as it takes. */
  truncated: (packet) =>
    withProof(packet, {
      stable: { ...packet.end.proof.stable, checkpoints: packet.end.proof.stable.checkpoints.slice(1) },
    }),
  /** One Checkpoint in place of all. */
  repeated: (packet) => {
    const { stable } = packet.end.proof;
    return withProof(packet, {
      stable: { ...stable, checkpoints: stable.checkpoints.map(() => stable.checkpoints[0]!) },
    });
  },
  /** As if it were of the epoch that others are in. */
  renamed: (packet, _, epoch) => ({ ...packet, end: { ...packet.end, epoch } }),
  /** Without the roster, or with that of another epoch. */
  foreign: (packet, { rng, ends }) => ({ ...packet, roster: rng.pick([null, ...ends().map(({ roster }) => roster)]) }),
  /** An end of the epoch that others are in, which its colluders alone have signed. */
  forged(packet, colluders, epoch) {
    const { end } = packet;
    const before = end.proof.stable.hash;
    const entry = { ...end.entry, index: end.entry.index + 1 } as typeof end.entry;
    const { hash } = chainEntry(sha256Hex, before, entry);
    return forgedAt({ ...packet, end: { ...end, epoch, before, entry } }, { index: entry.index, hash }, colluders);
  },
};

/** Shows each of the honest something else, whenever it may be looked at. */
const endLiar: Actor = (faultyReplica) => {
  const { colluders, config: { self } } = faultyReplica;
  const { rng } = colluders;
  const due = createRhythm(faultyReplica, SHOW_MS);
  return {
    corrupt(outgoing) {
      const known = due() ? colluders.ends() : [];
      for (const id of known.length > 0 ? colluders.honest : []) {
        const lie = LIES[rng.pick(Object.keys(LIES))]!;
        const shown = rng.pick(known);
        colluders.send(self, [id], lie(shown, colluders, known.at(-1)!.end.epoch + 1));
      }
      return outgoing;
    },
  };
};

export const END_LIARS: Readonly<Record<string, Actor>> = { "end-liar": endLiar };
