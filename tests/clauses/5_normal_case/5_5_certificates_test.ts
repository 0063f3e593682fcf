/** §5.5: prepare certificates. */
import { assert, assertEquals } from "@std/assert";
import { sha256Hex } from "../../../crypto/digest.ts";
import { isCertificate } from "../../../protocol/certify.ts";
import type { Head } from "../../../protocol/entry.ts";
import { compareRank } from "../../../protocol/rank.ts";
import * as forge from "../support/forge.ts";
import { Lab, sentOf } from "../support/lab.ts";

const CHAIN = forge.grow(forge.GENESIS, 5, 1);
const at = (index: number): Head => index === 0 ? forge.GENESIS : forge.headIn(CHAIN, index);
const PEERS = ["r1", "r3", "r4"];

const rank = ({ state: { prepared } }: Lab) => [Number(prepared.term), Number(prepared.index)];

/** Returns a follower in term 1 that holds and acked the whole chain. */
function follower(): Lab {
  const lab = new Lab();
  lab.follow("r1", 1, CHAIN);
  return lab;
}

Deno.test("§5.5 Q different replicas acking exactly one point in one term certify it", () => {
  const lab = follower(); // r2's own ack of 5 is one of them
  lab.receive(...forge.acksOf(["r1"], 1, at(5)));
  assertEquals(rank(lab), [0, 0]);
  lab.receive(...forge.acksOf(["r3"], 1, at(5)));
  assertEquals(rank(lab), [1, 5]);
  assertEquals(lab.state.prepared.responses.length, 3);
  assert(isCertificate(lab.state, sha256Hex, lab.state.prepared));
});

Deno.test("§5.5 acks of different hashes, indexes or terms certify nothing together", () => {
  const [other] = forge.grow(at(4), 1, 1, "other");
  const lab = follower();
  lab.receive(
    ...forge.acksOf(["r1"], 1, forge.endOf([other!])),
    ...forge.acksOf(["r3"], 1, at(4)),
    ...forge.acksOf(["r4"], 2, at(5)),
  );
  assertEquals(rank(lab), [1, 4].map(() => 0)); // r2 and r3 share 4, r2 alone holds 5
});

Deno.test("§5.5a acks of Q replicas for one and the same point, signed in different terms, certify nothing together", () => {
  const later: [string, number][] = [["r1", 2], ["r3", 3]];
  for (const order of [later, later.toReversed()]) {
    const lab = follower(); // r2's own ack of 5 is of term 1
    lab.receive(...order.flatMap(([id, termNumber]) => forge.acksOf([id], termNumber, at(5))));
    assertEquals([rank(lab), Number(lab.state.hard.currentTerm)], [[0, 0], 1]);
    lab.receive(...forge.acksOf(["r1", "r4"], 3, at(5))); // in one term they do
    assertEquals([rank(lab), Number(lab.state.hard.currentTerm)], [[3, 5], 3]);
    assertEquals(lab.state.prepared.responses.map(({ message }) => Number(message.term)), [3, 3, 3]);
  }
});

Deno.test("§5.5a a certificate shown with an ack of any other term in it is none", () => {
  const { state } = new Lab();
  const certificate = (...terms: number[]) => {
    const responses = PEERS.flatMap((id, i) => forge.acksOf([id], terms[i]!, at(3))).map(({ signed }) => signed);
    return { kind: "prepare", ...forge.rankOf(3, at(3)), responses } as const;
  };
  assert(isCertificate(state, sha256Hex, certificate(3, 3, 3)));
  for (const terms of [[1, 2, 3], [3, 3, 2], [1, 3, 3], [3, 3, 4]]) {
    assert(!isCertificate(state, sha256Hex, certificate(...terms)), `acks of terms ${terms}`);
  }
});

Deno.test("§5.5 a certificate must show Q acks of exactly its point in its term", () => {
  const { state } = new Lab();
  const good = forge.prepareCertificate(1, at(3), PEERS);
  assert(isCertificate(state, sha256Hex, good));
  const swaps = [
    forge.acksOf(["r4"], 2, at(3)),
    forge.acksOf(["r4"], 1, at(4)),
    forge.acksOf(["r4"], 1, { index: at(3).index, hash: at(4).hash }),
    forge.acksOf(["r4"], 1),
  ];
  for (const [swapped] of swaps) {
    const responses = [...good.responses.slice(0, 2), swapped!.signed];
    assert(!isCertificate(state, sha256Hex, { ...good, responses }));
  }
});

Deno.test("§5.5 rank is by term, then index; genesis needs no signatures, and nothing else passes for it", () => {
  const order = [forge.rankOf(0, at(0)), forge.rankOf(1, at(1)), forge.rankOf(1, at(4)), forge.rankOf(2, at(1))];
  for (const [i, low] of order.entries()) {
    for (const [j, high] of order.entries()) assertEquals(Math.sign(compareRank(low, high)), Math.sign(i - j));
  }
  const { state } = new Lab();
  assert(isCertificate(state, sha256Hex, forge.GENESIS_CERTIFICATE));
  assert(!isCertificate(state, sha256Hex, { ...forge.GENESIS_CERTIFICATE, index: at(1).index, hash: at(1).hash }));
  assert(!isCertificate(state, sha256Hex, { ...forge.GENESIS_CERTIFICATE, hash: at(1).hash }));
  assert(!isCertificate(state, sha256Hex, { ...forge.commitCertificate(0, at(0), PEERS) }));
});

Deno.test("§5.5 a new highest certificate is made durable, and reported as prepared at once", () => {
  const lab = follower();
  const outcome = lab.receive(...forge.acksOf(["r1", "r3"], 1, at(5)));
  const [response] = sentOf(outcome, "AppendEntriesResponse");
  assertEquals(response!.signed.message.prepared, forge.rankOf(1, at(5)));
  const written = outcome.trace.indexOf("durable prepared");
  assert(written >= 0 && written < outcome.trace.indexOf("sign AppendEntriesResponse"));
  assertEquals(lab.disk.recovered().prepared, lab.state.prepared);
  lab.restart();
  assertEquals(rank(lab), [1, 5]);
});

Deno.test("§5.5 a certificate whose entries are not at hand counts when they arrive", () => {
  const lab = new Lab();
  lab.follow("r1", 1, CHAIN.slice(0, 2));
  lab.receive(...forge.acksOf(PEERS, 1, at(5)));
  assertEquals(rank(lab), [0, 0]);
  lab.receive(forge.appendEntries("r1", 1, CHAIN.slice(2), { prev: at(2), round: 2 }));
  assertEquals(rank(lab), [1, 5]);
});

Deno.test("§5.5b a certified head this log lacks does not hide a lower one it holds", () => {
  const lab = new Lab();
  lab.follow("r1", 1, CHAIN.slice(0, 3));
  lab.receive(...forge.acksOf(PEERS, 2, at(3), at(4), at(5))); // in a term of which it has acked nothing itself
  assertEquals(rank(lab), [2, 3]);
});

Deno.test("§5.5 a certificate of lower rank changes nothing", () => {
  const lab = follower();
  lab.receive(...forge.acksOf(PEERS, 1, at(5)));
  const outcome = lab.receive(...forge.acksOf(PEERS, 1, at(4)));
  assertEquals([rank(lab), outcome.persisted], [[1, 5], []]);
});
