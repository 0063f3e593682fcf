import { assert, assertEquals, assertThrows } from "@std/assert";
import { sha256Hex } from "../../crypto/digest.ts";
import { DEFAULT_CONSTANTS } from "../../crypto/roster/constants.ts";
import { isCheckpointProof } from "../certify.ts";
import { firstGenesis, nextGenesis } from "../hash_chain.ts";
import { digest, logIndex, replicaId } from "../ids.ts";
import { quorumOf } from "../quorum.ts";
import { genesisProof } from "./genesis_proof.ts";

const digestOf = (digits: string) => digest(digits.repeat(32));
const later = (stateDigest = digestOf("cc")) =>
  nextGenesis(sha256Hex, 2, digestOf("aa"), { index: logIndex(7), hash: digestOf("bb") }, stateDigest);

Deno.test("§13.5: every member takes the proof of its own genesis, and of no other", () => {
  const replicas = ["r1", "r2", "r3", "r4"].map(replicaId);
  const config = {
    ...{ clusterId: "x", self: replicas[0]!, replicas, clients: new Set<never>() },
    ...{ constants: DEFAULT_CONSTANTS, seed: 1 },
  };
  const genesis = later();
  const members = { config, quorumSizes: quorumOf(4, "byzantine"), genesis };
  assertEquals(genesisProof(genesis).stable.stateDigest, digestOf("cc"));
  assert(isCheckpointProof(members, sha256Hex, genesisProof(genesis)));
  assert(!isCheckpointProof(members, sha256Hex, genesisProof(later(digestOf("dd")))));
});

Deno.test("epoch 1 begins with no state to prove", () => {
  assertThrows(() => genesisProof(firstGenesis(sha256Hex, "x")), RangeError, "epoch 1");
});
