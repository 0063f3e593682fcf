/** §1.3: a replica whose disk does not know what it has signed. */
import { assert, assertEquals } from "@std/assert";
import type { Packet } from "../../../protocol/packet.ts";
import { forgottenBy } from "../../../replica/disk/forgotten_signatures.ts";
import * as forge from "../support/forge.ts";
import { checkpointProof, snapshotAfter } from "../support/forge_snapshots.ts";
import { Lab } from "../support/lab.ts";

const CHAIN = forge.grow(forge.GENESIS, 16, 2);
const at = (index: number) => forge.headIn(CHAIN, index);
const QUORUM = ["r1", "r2", "r3"];

/** Returns r2 in term 2: acked up to 4, holds the certificate of 3, committed up to 2. */
function follower(): Lab {
  const lab = new Lab({ constants: { checkpointEvery: 8 } });
  lab.follow("r1", 2, CHAIN.slice(0, 4));
  lab.receive(...forge.reportsOf(lab.peers, 2, at(2)), ...forge.acksOf(lab.peers, 2, at(3)));
  assertEquals([lab.state.hard.ack, lab.state.prepared.index, lab.state.commitIndex], [at(4), 3, 2] as never[]);
  return lab;
}

/** Returns a certificate with this response of r2 in it, shown by r3. */
const shown = (term: number, options: forge.ResponseOptions): Packet => {
  const certificate = forge.prepareCertificate(1, at(1), QUORUM);
  const { signed } = forge.response("r2", term, options);
  return forge.voteRefusal("r3", 9, "r1", { ...certificate, responses: [signed] });
};

const elected = (term: number, base = forge.GENESIS_CERTIFICATE): Packet =>
  forge.preVote("r3", term + 1, forge.electionProof("r3", term, QUORUM, base));

const vouched = (index: number): Packet => {
  const proof = checkpointProof(snapshotAfter(CHAIN.slice(0, index)), 2, QUORUM);
  return forge.fetchEntriesResponse("r3", { nonce: 1, from: at(1).index }, [], null, {
    ...proof,
    commit: forge.commitCertificate(2, at(1), ["r1", "r3", "r4"]),
  });
};

Deno.test("§1.3a a signature of its own that its disk knows nothing of tells a replica that the disk is outdated", () => {
  const { state } = follower();
  const forgotten: Record<string, Packet> = {
    "a vote of a later term": elected(3),
    "a vote of its own term": elected(2),
    "a response of a later term": shown(3, {}),
    "an ack above its own": shown(2, { acks: [at(5)] }),
    "a report above its rank": shown(1, { prepared: forge.rankOf(2, at(4)) }),
    "a Checkpoint above its commit index": vouched(8),
  };
  for (const [what, packet] of Object.entries(forgotten)) assert(forgottenBy(state, packet) !== null, what);
});

Deno.test("§1.3 what it did sign, and what others sign, tells it nothing", () => {
  const { state } = follower();
  const known: Record<string, Packet> = {
    "a vote of a term it has left": elected(1),
    "its ack, and lower ones": shown(2, { acks: [at(3), at(4)] }),
    "its rank, and lower ones": shown(2, { prepared: forge.rankOf(2, at(3)) }),
    "an ack of a lower term": shown(1, { acks: [at(9)] }),
    "others' votes": forge.preVote("r3", 5, forge.electionProof("r3", 4, ["r1", "r3", "r4"])),
  };
  for (const [what, packet] of Object.entries(known)) assertEquals(forgottenBy(state, packet), null, what);
});
