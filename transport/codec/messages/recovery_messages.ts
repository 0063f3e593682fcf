/** Bodies that replicas sign about checkpoints, snapshots and lost disks (§8.2–§8.4). */
import type * as m from "../../../protocol/message.ts";
import { body, hash, logIndex, replicaId, term, wantedDigests } from "../fields.ts";
import { uint53 } from "../schema.ts";

/** §8.2. */
export const checkpoint = body<m.Checkpoint>("Checkpoint", {
  replica: replicaId,
  index: logIndex,
  hash,
  stateDigest: hash,
});

/** §8.3. */
export const fetchChunks = body<m.FetchChunks>("FetchChunks", {
  replica: replicaId,
  nonce: uint53,
  digests: wantedDigests,
});

/** §8.3. */
export const fetchChunksResponse = body<m.FetchChunksResponse>("FetchChunksResponse", {
  replica: replicaId,
  nonce: uint53,
});

/** §8.4. */
export const rollCall = body<m.RollCall>("RollCall", { replica: replicaId, nonce: hash });

/** §8.4: `term` may be the genesis term, as a replica that has entered none yet answers too. */
export const rollCallAnswer = body<m.RollCallAnswer>("RollCallAnswer", {
  replica: replicaId,
  asker: replicaId,
  nonce: hash,
  term,
});
