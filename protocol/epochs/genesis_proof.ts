/** The proof of the state that an epoch begins with (§13.5): nobody's signature is in it, for every member knows the genesis beforehand. */
import type { CheckpointProof } from "../certificate.ts";
import type { Genesis } from "../config.ts";
import { term } from "../ids.ts";

/** Returns the checkpoint at the genesis, and its commit in term 0. Throws RangeError for epoch 1, which begins with no state. */
export function genesisProof({ epoch, index, hash, stateDigest }: Genesis): CheckpointProof {
  if (stateDigest === null) throw new RangeError(`the genesis of epoch ${epoch} has no state: wanted a later epoch's`);
  const head = { index, hash };
  return {
    stable: { ...head, stateDigest, checkpoints: [] },
    commit: { kind: "commit", term: term(0), ...head, links: [], responses: [] },
  };
}
