/** What replicas say about checkpoints, snapshots and lost disks, in the words of the golden transcripts. */
import type { CheckpointProof } from "../../protocol/certificate.ts";
import type { PacketOf } from "../../protocol/packet.ts";
import type { CoreState } from "../../replica/core/state.ts";

type SnapshotKind = "Checkpoint" | "FetchChunks" | "FetchChunksResponse" | "RollCall" | "RollCallAnswer";

const short = (hash: string): string => hash.slice(0, 4);

/** One packet of the kinds of §8.2 to §8.4. */
export function describeSnapshotPacket(packet: PacketOf<SnapshotKind>): string {
  switch (packet.kind) {
    case "Checkpoint": {
      const { index, hash, stateDigest } = packet.signed.message;
      return `Checkpoint ${index}:${short(hash)} state ${short(stateDigest)}`;
    }
    case "FetchChunks":
      return `FetchChunks ${packet.signed.message.digests.map(short).join(" ")}`;
    case "FetchChunksResponse": {
      const bytes = packet.chunks.reduce((sum, chunk) => sum + chunk.length, 0);
      return `FetchChunksResponse with ${packet.chunks.length} chunks, ${bytes} bytes`;
    }
    case "RollCall":
      return "RollCall";
    case "RollCallAnswer":
      return `RollCallAnswer to ${packet.signed.message.asker}, term ${packet.signed.message.term}`;
    default:
      return packet satisfies never;
  }
}

/** A checkpoint that is shown beside something. */
export const describeCheckpoint = ({ stable: { index, hash, stateDigest, checkpoints } }: CheckpointProof): string =>
  `checkpoint ${index}:${short(hash)} state ${short(stateDigest)} by ${
    checkpoints.map(({ message }) => message.replica).join(",")
  }`;

/** What there is to say about a replica's snapshots; nothing before its first. */
export function describeSnapshots({ checkpoints: { proof }, transfer, hard: { recovery } }: CoreState): string {
  const stable = proof === null ? "" : `, checkpoint ${proof.stable.index}`;
  const fetching = transfer === null ? "" : `, fetches the snapshot of ${transfer.proof.stable.index}`;
  const learner = recovery === null ? "" : `, learner${recovery.bar === null ? "" : ` above term ${recovery.bar}`}`;
  return `${stable}${fetching}${learner}`;
}
