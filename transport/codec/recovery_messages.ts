/** Bodies that replicas sign about checkpoints, snapshots and lost disks (§8.2–§8.4). */
import { LIMITS } from "../../replica/core/limits.ts";
import type * as m from "../../replica/core/message.ts";
import { body, hash, logIndex, replicaId, term } from "./fields.ts";
import { list, uint53 } from "./schema.ts";

/** §8.2. */
export const checkpoint = body<m.Checkpoint>("Checkpoint", {
  replica: replicaId,
  index: logIndex,
  hash,
  stateDigest: hash,
});

/** §8.3: at least one digest, and none twice, so that one request never makes its receiver send a chunk twice. */
export const fetchChunks = body<m.FetchChunks>("FetchChunks", {
  replica: replicaId,
  nonce: uint53,
  digests: list(hash, LIMITS.maxFetchChunks),
}, ({ digests }) => {
  if (digests.length === 0) return "wanted at least one digest";
  return new Set(digests).size === digests.length ? null : "wanted digests that differ";
});

/** §8.3. */
export const fetchChunksResponse = body<m.FetchChunksResponse>("FetchChunksResponse", {
  replica: replicaId,
  nonce: uint53,
});

/** §8.4. */
export const rollCall = body<m.RollCall>("RollCall", { replica: replicaId, nonce: hash });

/** §8.4: `term` may be the genesis term: a replica that has entered none yet answers too. */
export const rollCallAnswer = body<m.RollCallAnswer>("RollCallAnswer", {
  replica: replicaId,
  asker: replicaId,
  nonce: hash,
  term,
});
