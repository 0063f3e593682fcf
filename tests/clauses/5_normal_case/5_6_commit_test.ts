/** §5.6: when an entry is committed, and what never counts towards it. */
import { assert, assertEquals } from "@std/assert";
import { sha256Hex } from "../../../crypto/digest.ts";
import { isCertificate } from "../../../protocol/certify.ts";
import type { Head } from "../../../protocol/entry.ts";
import type { PacketOf } from "../../../protocol/packet.ts";
import * as forge from "../support/forge.ts";
import { Lab } from "../support/lab.ts";

const CHAIN = forge.grow(forge.GENESIS, 5, 1);
const at = (index: number): Head => index === 0 ? forge.GENESIS : forge.headIn(CHAIN, index);
const PEERS = ["r1", "r3", "r4"];

/** Returns a follower that holds the whole chain, and has certified nothing itself. */
function follower(): Lab {
  const lab = new Lab();
  lab.follow("r1", 1, CHAIN);
  return lab;
}

const commitOf = (lab: Lab): number => lab.state.commitIndex;
const report = (
  replica: string,
  termNumber: number,
  preparedTerm: number,
  head: Head,
): PacketOf<"AppendEntriesResponse"> =>
  forge.response(replica, termNumber, { prepared: forge.rankOf(preparedTerm, head) });

Deno.test("§5.6 Q different replicas that report it prepared in one term commit an entry", () => {
  const lab = follower();
  for (const replica of ["r1", "r3"]) lab.receive(report(replica, 1, 1, at(4)));
  assertEquals(commitOf(lab), 0);
  lab.receive(report("r4", 1, 1, at(4)));
  assertEquals(commitOf(lab), 4);
});

Deno.test("§5.6 acks alone commit nothing: an entry that Q appended may still be lost", () => {
  const lab = new Lab();
  lab.follow("r1", 1, CHAIN.slice(0, 3));
  lab.receive(...forge.acksOf(PEERS, 1, at(3)));
  assertEquals([Number(lab.state.prepared.index), commitOf(lab)], [3, 0]);
});

Deno.test("§5.6a a report whose response term and prepared term differ is never a vote to commit", () => {
  const lab = follower();
  lab.receive(...PEERS.map((replica) => report(replica, 2, 1, at(4))));
  assertEquals(commitOf(lab), 0);
  lab.receive(...PEERS.map((replica) => report(replica, 1, 2, at(4))));
  assertEquals(commitOf(lab), 0);
  lab.receive(...PEERS.map((replica) => report(replica, 1, 0, at(4))));
  assertEquals(commitOf(lab), 0);
});

Deno.test("§5.6a one report of two terms does not complete Q - 1 good ones", () => {
  for (const [responseTerm, preparedTerm] of [[2, 1], [1, 2]] as const) {
    const lab = follower();
    lab.receive(report("r1", 1, 1, at(4)), report("r3", 1, 1, at(4)));
    lab.receive(report("r4", responseTerm, preparedTerm, at(4)));
    assertEquals(commitOf(lab), 0);
    lab.receive(report("r4", 1, 1, at(4)));
    assertEquals(commitOf(lab), 4);
  }
});

Deno.test("§5.6a one t for all Q: good reports of different terms do not add up", () => {
  const lab = follower();
  lab.receive(report("r1", 1, 1, at(4)), report("r3", 2, 2, at(4)), report("r4", 3, 3, at(4)));
  lab.receive(report("r3", 3, 3, at(4)));
  assertEquals(commitOf(lab), 0);
  lab.receive(report("r1", 3, 3, at(4)));
  assertEquals(commitOf(lab), 4);
});

Deno.test("§5.6b reports count on this replica's own hash chain only", () => {
  const lab = follower();
  const other = forge.endOf(forge.grow(at(3), 1, 1, "other"));
  lab.receive(report("r1", 1, 1, at(4)), report("r3", 1, 1, at(4)), report("r4", 1, 1, other));
  assertEquals(commitOf(lab), 0);
  const beyond = forge.endOf(forge.grow(at(5), 3, 1, "unknown"));
  lab.receive(report("r4", 1, 1, beyond));
  assertEquals(commitOf(lab), 0);
});

Deno.test("§5.6 a report at or above an entry counts for it: the lowest of the Q highest is committed", () => {
  const lab = follower();
  lab.receive(report("r1", 1, 1, at(2)), report("r3", 1, 1, at(5)), report("r4", 1, 1, at(3)));
  assertEquals(commitOf(lab), 2);
  lab.receive(report("r1", 1, 1, at(4)));
  assertEquals(commitOf(lab), 3);
});

Deno.test("§5.6 the commit certificate is Q reports with the hash list up to the highest, and ranks as a prepare certificate", () => {
  const lab = follower();
  lab.receive(report("r1", 1, 1, at(2)), report("r3", 1, 1, at(5)), report("r4", 1, 1, at(3)));
  const certificate = lab.state.commitCertificate!;
  assertEquals([Number(certificate.term), Number(certificate.index), certificate.links.length], [1, 2, 3]);
  assert(isCertificate(lab.state, sha256Hex, certificate));
  assertEquals(lab.state.prepared, certificate);
  assertEquals(lab.disk.recovered().commitCertificate, certificate);
});

Deno.test("§5.6c a commit certificate shows one t in all of its reports, as response term and as prepared term", () => {
  const { state } = new Lab();
  const good = forge.commitCertificate(2, at(2), PEERS, CHAIN.slice(2, 4));
  assert(isCertificate(state, sha256Hex, good));
  for (const [responseTerm, preparedTerm] of [[3, 2], [2, 1], [3, 3], [1, 2], [1, 1]] as const) {
    const odd = report("r4", responseTerm, preparedTerm, at(4)).signed;
    const responses = [...good.responses.slice(0, 2), odd];
    assert(!isCertificate(state, sha256Hex, { ...good, responses }), `${responseTerm}, ${preparedTerm}`);
  }
  assert(!isCertificate(state, sha256Hex, { ...good, term: state.hard.currentTerm }));
});

Deno.test("§5.6c a commit certificate shows every report at or above its point, on its own chain", () => {
  const { state } = new Lab();
  const good = forge.commitCertificate(2, at(2), PEERS, CHAIN.slice(2, 4));
  const wrong = [at(1), at(5), { index: at(3).index, hash: at(4).hash }];
  for (const head of wrong) {
    const responses = [...good.responses.slice(0, 2), report("r4", 2, 2, head).signed];
    assert(!isCertificate(state, sha256Hex, { ...good, responses }));
  }
  assert(!isCertificate(state, sha256Hex, { ...good, links: [...good.links].reverse() }));
  assert(!isCertificate(state, sha256Hex, { ...good, hash: at(3).hash }));
});

Deno.test("§5.6d the leader's commitIndex is only a hint, and so is any peer's", () => {
  const lab = follower();
  lab.receive(forge.appendEntries("r1", 1, [], { prev: at(5), round: 2, commit: 5 }));
  lab.receive(...PEERS.map((replica) => forge.response(replica, 1, { commit: at(5) })));
  assertEquals(commitOf(lab), 0);
});

Deno.test("§5.6d each replica advances its own commit index, with the leader's responses lost", () => {
  const lab = follower();
  lab.receive(...forge.reportsOf(["r3", "r4"], 1, at(5))); // with r2's own ack a certificate, with its report a commit
  assertEquals(commitOf(lab), 5);
});
