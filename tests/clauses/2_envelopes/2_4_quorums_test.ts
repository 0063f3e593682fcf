/** §2.3, §2.4: the signer a body names; one signature for all receivers; quorums of different replicas of the roster. */
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { sha256Hex } from "../../../crypto/digest.ts";
import { electedBy, isCertificate, plausiblePreVotes } from "../../../protocol/certify.ts";
import { replicaId, term } from "../../../protocol/ids.ts";
import { screen } from "../../../replica/core/screen.ts";
import { ingressLab } from "../../support/ingress_lab.ts";
import * as forge from "../support/forge.ts";
import { Lab, sentOf } from "../support/lab.ts";

const CHAIN = forge.grow(forge.GENESIS, 3, 1);
const HEAD = forge.endOf(CHAIN);

Deno.test("§2.3a the key checked is that of the signer the body names: what another replica signed for it is refused", () => {
  for (const [signer, admitted] of [["r2", true], ["r3", false], ["c1", false]] as const) {
    const lab = ingressLab();
    const signed = lab.sign(signer, { kind: "PreVote", term: term(1), replica: replicaId("r2") });
    assertEquals(lab.send("published", { kind: "PreVote", signed, proof: null }) !== null, admitted, signer);
    assertEquals(lab.refused(), admitted ? {} : { "signature:PreVote": 1 }, signer);
  }
});

Deno.test("§2.4 one signature serves all receivers of the same body", () => {
  const lab = new Lab();
  const opening = lab.lead(1);
  const headers = sentOf(opening, "AppendEntries");
  assertEquals(headers.length, 1);
  assertEquals(opening.trace.filter((line) => line === "sign AppendEntries").length, 1);
  assertEquals(opening.sent.find(({ packet }) => packet.kind === "AppendEntries")?.to, lab.peers);
  assertEquals(sentOf(opening, "AppendEntriesResponse").length, 1);
  assertEquals(opening.trace.filter((line) => line === "sign AppendEntriesResponse").length, 1);
});

Deno.test("§2.4a one replica's several responses count once", () => {
  const lab = new Lab();
  lab.follow("r1", 1, CHAIN);
  for (const number of [1, 2, 3]) lab.receive(forge.response("r1", 1, { acks: [HEAD], round: number }));
  assertEquals(lab.state.prepared.index, 0);
  lab.receive(forge.response("r3", 1, { acks: [HEAD] }));
  assertEquals(lab.state.prepared.index, HEAD.index); // r1, r3 and r2 itself
});

Deno.test("§2.4a a certificate of Q messages by fewer than Q replicas certifies nothing", () => {
  const { state } = new Lab();
  for (const make of [forge.prepareCertificate, forge.commitCertificate]) {
    assert(isCertificate(state, sha256Hex, make(1, HEAD, ["r1", "r3", "r4"])));
    assert(!isCertificate(state, sha256Hex, make(1, HEAD, ["r1", "r3", "r3"])));
    assert(!isCertificate(state, sha256Hex, make(1, HEAD, ["r1", "r3", "r4", "r4"])));
    assert(!isCertificate(state, sha256Hex, make(1, HEAD, ["r1", "r3"])));
  }
});

Deno.test("§2.4a repeated votes and repeated PreVotes count once", () => {
  const { state } = new Lab();
  assertNotEquals(electedBy(state, sha256Hex, forge.electionProof("r1", 1, ["r1", "r3", "r4"])), null);
  assertEquals(electedBy(state, sha256Hex, forge.electionProof("r1", 1, ["r1", "r3", "r3"])), null);
  const preVotes = (...by: string[]) => by.map((id) => forge.preVote(id, 1).signed);
  assert(plausiblePreVotes(state, term(1), preVotes("r1", "r3", "r4")));
  assert(!plausiblePreVotes(state, term(1), preVotes("r1", "r3", "r3")));
});

Deno.test("§2.4a who is not in the roster counts for nothing", () => {
  const { state } = new Lab();
  assert(!isCertificate(state, sha256Hex, forge.prepareCertificate(1, HEAD, ["r1", "r3", "r9"])));
  assert(!isCertificate(state, sha256Hex, forge.commitCertificate(1, HEAD, ["r1", "r3", "r9"])));
  assertEquals(electedBy(state, sha256Hex, forge.electionProof("r1", 1, ["r1", "r3", "r9"])), null);
  assertEquals(electedBy(state, sha256Hex, forge.electionProof("r9", 1, ["r1", "r3", "r4"])), null);
  assert(!plausiblePreVotes(state, term(1), ["r1", "r3", "r9"].map((id) => forge.preVote(id, 1).signed)));
  const { verdict } = screen(state, forge.response("r9", 1, { acks: [HEAD] }));
  assertEquals(verdict, { verdict: "reject", code: "not-in-roster", culprit: null });
});

Deno.test("§1.1a §2.4 at n = 7 a majority neither prepares, nor commits, nor elects", () => {
  const lab = new Lab({ replicas: 7 });
  lab.follow("r1", 1, CHAIN); // r2's own ack makes the first of five
  lab.receive(...forge.acksOf(["r1", "r3", "r4"], 1, HEAD));
  assertEquals(lab.state.prepared.index, 0);
  lab.receive(...forge.acksOf(["r5"], 1, HEAD));
  assertEquals(lab.state.prepared.index, HEAD.index); // and r2's own report makes the first of five
  lab.receive(...forge.reportsOf(["r1", "r3", "r4"], 1, HEAD));
  assertEquals(lab.state.commitIndex, 0);
  lab.receive(...forge.reportsOf(["r5"], 1, HEAD));
  assertEquals(lab.state.commitIndex, HEAD.index);
  assertEquals(electedBy(lab.state, sha256Hex, forge.electionProof("r1", 2, ["r1", "r3", "r4", "r5"])), null);
});
