/** Formats checkpoints, snapshots and lost disks for the golden transcripts. */
import { sha256Hex } from "../../crypto/digest.ts";
import type { CheckpointProof } from "../../protocol/certificate.ts";
import type { PacketOf } from "../../protocol/packet.ts";
import type { CoreEvent } from "../../replica/core/output.ts";
import type { CoreState } from "../../replica/core/state.ts";

type SnapshotKind = "Checkpoint" | "FetchChunks" | "FetchChunksResponse" | "RollCall" | "RollCallAnswer";

const short = (hash: string): string => hash.slice(0, 4);
const count = (number: unknown, what: string): string => `${number} ${what}${number === 1 ? "" : "s"}`;

/** Describes one packet of the kinds of §8.2 to §8.4. */
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
      const digests = packet.chunks.map((chunk) => ` ${short(sha256Hex(chunk))}`).join("");
      return `FetchChunksResponse with ${count(packet.chunks.length, "chunk")}, ${bytes} bytes:${digests || " none"}`;
    }
    case "RollCall":
      return "RollCall";
    case "RollCallAnswer":
      return `RollCallAnswer to ${packet.signed.message.asker}, term ${packet.signed.message.term}`;
    default:
      return packet satisfies never;
  }
}

/** Describes a checkpoint shown along with something else. */
export const describeCheckpoint = ({ stable: { index, hash, stateDigest, checkpoints } }: CheckpointProof): string =>
  `checkpoint ${index}:${short(hash)} state ${short(stateDigest)} by ${
    checkpoints.map(({ message }) => message.replica).join(",")
  }`;

/** Describes the base of a log; empty if the log is whole. */
export const describeBase = ({ base: { index } }: CoreState["log"]): string => index === 0 ? "" : ` after ${index}`;

/** Describes an event of a replica's snapshots or its recovery; null for events that other lines show. */
export function describeEvent({ event, fields }: CoreEvent): string | null {
  switch (event) {
    case "snapshot-written":
      return `has written the snapshot of ${fields["index"]}: ${count(fields["chunks"], "chunk")}, state ${
        short(String(fields["digest"]))
      }`;
    case "checkpoint":
      return `knows checkpoint ${fields["index"]} is stable, and drops the entries up to ${fields["logBase"]}`;
    case "state-transfer":
      return `begins to fetch the snapshot of ${fields["index"]}`;
    case "chunks-not-fetched":
      return `passes over ${fields["from"]} for a while: ${fields["code"]}`;
    case "state-transferred":
      return `has installed the snapshot of ${fields["index"]}: ${count(fields["chunks"], "chunk")} fetched, ${
        fields["bytes"]
      } bytes`;
    case "recovery-bar":
      return `has signed nothing above term ${fields["term"]}, by ${count(fields["answers"], "answer")}`;
    case "recovered":
      return `is a learner no more`;
    default:
      return null;
  }
}

/** Describes the state of a replica's snapshots; empty before its first. */
export function describeSnapshots({ checkpoints: { stableProof }, transfer, hard: { recovery } }: CoreState): string {
  const stable = stableProof === null ? "" : `, checkpoint ${stableProof.stable.index}`;
  const fetching = transfer === null ? "" : `, fetches the snapshot of ${transfer.target.stable.index}`;
  const learner = recovery === null ? "" : `, learner${recovery.bar === null ? "" : `, bar ${recovery.bar}`}`;
  return `${stable}${fetching}${learner}`;
}
