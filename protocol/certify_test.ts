/** Certificates and proofs of a genesis: nobody signs them, and nothing else passes for one. */
import { assert } from "@std/assert";
import { sha256Hex } from "../crypto/digest.ts";
import { DEFAULT_CONSTANTS } from "../crypto/roster/constants.ts";
import type { Certificate, CheckpointProof, CommitCertificate } from "./certificate.ts";
import { isCertificate, isCheckpointProof } from "./certify.ts";
import type { CoreConfig, Genesis, Membership } from "./config.ts";
import { firstGenesis, nextGenesis } from "./hash_chain.ts";
import { type Digest, logIndex, replicaId, term } from "./ids.ts";
import { quorumOf } from "./quorum.ts";

const replicas = ["r1", "r2", "r3", "r4"].map(replicaId);
const config: CoreConfig = {
  ...{ clusterId: "x", self: replicas[0]!, replicas, clients: new Set(), constants: DEFAULT_CONSTANTS, seed: 0 },
};
const membersOf = (genesis: Genesis): Membership => ({ config, quorumSizes: quorumOf(4), genesis });
const digestOf = (byte: string) => byte.repeat(32) as Digest;

const first = firstGenesis(sha256Hex, "x");
const later = nextGenesis(sha256Hex, 2, digestOf("aa"), { index: logIndex(7), hash: digestOf("bb") }, digestOf("cc"));

const point = ({ index, hash }: Genesis) => ({ term: term(0), index, hash, responses: [] });
const prepare = (genesis: Genesis): Certificate => ({ kind: "prepare", ...point(genesis) });
const commit = (genesis: Genesis): CommitCertificate => ({ kind: "commit", ...point(genesis), links: [] });
const proof = (genesis: Genesis): CheckpointProof => ({
  stable: { index: genesis.index, hash: genesis.hash, stateDigest: genesis.stateDigest!, checkpoints: [] },
  commit: commit(genesis),
});

const certifies = (genesis: Genesis, certificate: Certificate) =>
  isCertificate(membersOf(genesis), sha256Hex, certificate);
const proves = (genesis: Genesis, given: CheckpointProof) => isCheckpointProof(membersOf(genesis), sha256Hex, given);

Deno.test("a genesis is certified without signatures, in its own epoch alone; the first has no state to prove", () => {
  assert(certifies(first, prepare(first)) && certifies(later, prepare(later)) && certifies(later, commit(later)));
  assert(!certifies(first, prepare(later)) && !certifies(later, prepare(first)));
  assert(!certifies(first, commit(first)));
  assert(proves(later, proof(later)));
  assert(!proves(first, proof(later)) && !proves(first, proof(first)) && !proves(later, proof(first)));
});

Deno.test("nothing else passes for a genesis: no other point, term, link or state", () => {
  const good = commit(later);
  const link = { term: term(1), digest: digestOf("dd") };
  for (const wrong of [{ index: logIndex(8) }, { hash: digestOf("dd") }, { term: term(1) }, { links: [link] }]) {
    assert(!certifies(later, { ...good, ...wrong }), JSON.stringify(wrong));
    assert(!proves(later, { ...proof(later), commit: { ...good, ...wrong } }), JSON.stringify(wrong));
  }
  const { stable } = proof(later);
  for (const wrong of [{ stateDigest: digestOf("dd") }, { hash: digestOf("dd") }, { index: logIndex(1000) }]) {
    assert(!proves(later, { ...proof(later), stable: { ...stable, ...wrong } }), JSON.stringify(wrong));
  }
});
