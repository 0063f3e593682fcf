/** Snapshots, checkpoints and messages about them, made of chains of `forge.ts`. */
import { sha256Hex } from "../../../crypto/digest.ts";
import type { CheckpointProof, CommitCertificate } from "../../../protocol/certificate.ts";
import type { ChainedEntry, Head } from "../../../protocol/entry.ts";
import { clientId, type Digest, replicaId } from "../../../protocol/ids.ts";
import type { Checkpoint, FetchChunks } from "../../../protocol/message.ts";
import type { PacketOf } from "../../../protocol/packet.ts";
import type { Signed } from "../../../protocol/signed.ts";
import { freezeSessions } from "../../../protocol/snapshot/session_chunks.ts";
import { applyRequest, createSessionTable } from "../../../protocol/snapshot/session_table.ts";
import { freezeMachine } from "../../../protocol/snapshot/snapshot_source.ts";
import { startSnapshot } from "../../../protocol/snapshot/snapshot_writer.ts";
import { KvStore } from "../../../state_machine/mod.ts";
import { CONSTANTS } from "../../simulation/nodes/sim_cluster.ts";
import { executing } from "../../support/executors.ts";
import { openSessions } from "../../support/numbered_requests.ts";
import { HeldChunks, writeAll } from "../../support/snapshot_values.ts";
import { commitCertificate, endOf, signAs } from "./forge.ts";

/** The state after a chain, as every honest replica writes it. */
export interface ForgedSnapshot extends Head {
  readonly stateDigest: Digest;
  readonly held: HeldChunks;
}

/** Returns the snapshot after the last entry of `chain`, which begins at genesis. */
export function snapshotAfter(chain: readonly ChainedEntry[]): ForgedSnapshot {
  const sessions = createSessionTable(CONSTANTS);
  openSessions(sessions, ["c1", "c2"].map(clientId));
  const machine = new KvStore();
  for (const { entry: { index, requests } } of chain) {
    for (const { message, body } of requests ?? []) {
      applyRequest(sessions, message, sha256Hex(body), index, executing(machine));
    }
  }
  const held = new HeldChunks();
  const writer = startSnapshot(freezeSessions(sessions), freezeMachine(machine, sha256Hex));
  return { ...endOf(chain), stateDigest: writeAll(writer, held, 1e6).done.stateDigest, held };
}

const signCheckpoint = (replica: string, { index, hash, stateDigest }: ForgedSnapshot): Signed<Checkpoint> =>
  signAs(replica, { kind: "Checkpoint", replica: replicaId(replica), index, hash, stateDigest });

/** Returns the Checkpoint that `replica` publishes of a snapshot it has written (§8.2). */
export const checkpoint = (replica: string, snapshot: ForgedSnapshot): PacketOf<"Checkpoint"> => ({
  kind: "Checkpoint",
  signed: signCheckpoint(replica, snapshot),
});

/** §8.3: `replicas` signed `snapshot`, and reported in `termNumber` the entry at the end of `above`. */
export function checkpointProof(
  snapshot: ForgedSnapshot,
  termNumber: number,
  replicas: readonly string[],
  above: readonly ChainedEntry[] = [],
  commit: CommitCertificate = commitCertificate(termNumber, snapshot, replicas, above),
): CheckpointProof {
  const { index, hash, stateDigest } = snapshot;
  const checkpoints = replicas.map((replica) => signCheckpoint(replica, snapshot));
  return { stable: { index, hash, stateDigest, checkpoints }, commit };
}

/** Returns the answer of `replica` to `asked`: those chunks that `snapshot` has; none if it is null. */
export function chunksResponse(
  replica: string,
  { nonce, digests }: Pick<FetchChunks, "nonce" | "digests">,
  snapshot: ForgedSnapshot | null,
): PacketOf<"FetchChunksResponse"> {
  const chunks = digests.flatMap((digest) => snapshot?.held.read(digest) ?? []);
  const signed = signAs(replica, { kind: "FetchChunksResponse", replica: replicaId(replica), nonce });
  return { kind: "FetchChunksResponse", signed, chunks };
}
