import { assert, assertEquals } from "@std/assert";
import type { Evidence } from "../../../protocol/evidence.ts";
import { replicaId } from "../../../protocol/ids.ts";
import type { Message } from "../../../protocol/message.ts";
import type { Packet } from "../../../protocol/packet.ts";
import type { Signed } from "../../../protocol/signed.ts";
import { ElectionLab, votePacket } from "../support/election_lab.ts";
import {
  appendEntries,
  endOf,
  entryAfter,
  GENESIS,
  grow,
  headIn,
  rankOf,
  request,
  response,
} from "../support/forge.ts";
import { sentOf } from "../support/lab.ts";

const CHAIN = grow(GENESIS, 3, 1);
const FORK = grow(GENESIS, 3, 1, "fork");
/** Shares entry 1 with `CHAIN`. */
const LATE_FORK = [CHAIN[0]!, ...grow(headIn(CHAIN, 1), 2, 1, "fork")];

/** Returns r1 in term 1 of r2. */
function following(): ElectionLab {
  const lab = new ElectionLab();
  lab.follow("r2", 1);
  return lab;
}

const signedIn = (packet: Packet): Signed<Message> => {
  if (!("signed" in packet)) throw new Error(`a ${packet.kind} packet has no signer`);
  return packet.signed;
};

/** Returns evidence of `kind` as a peer gossips it, of the signed parts of two packets. */
const gossip = (kind: Evidence["kind"], culprit: string, first: Packet, second: Packet): Packet => ({
  kind: "Evidence",
  evidence: { kind, culprit: replicaId(culprit), first: signedIn(first), second: signedIn(second) } as Evidence,
});

const CONTRADICTIONS: Record<string, [kind: Evidence["kind"], culprit: string, first: Packet, second: Packet]> = {
  "two chains from one point": ["equivocation", "r2", appendEntries("r2", 1, CHAIN), appendEntries("r2", 1, FORK)],
  "two chains that part later": [
    ...["equivocation", "r2"] as const,
    appendEntries("r2", 1, CHAIN),
    appendEntries("r2", 1, LATE_FORK.slice(1), { prev: headIn(CHAIN, 1), round: 9 }),
  ],
  "another previous hash than it listed": [
    ...["equivocation", "r2"] as const,
    appendEntries("r2", 1, CHAIN),
    appendEntries("r2", 1, [], { prev: endOf(FORK), round: 9 }),
  ],
  "another previous hash, and then the list": [
    ...["equivocation", "r2"] as const,
    appendEntries("r2", 1, [], { prev: endOf(FORK), round: 9 }),
    appendEntries("r2", 1, CHAIN),
  ],
  "two acks at one index": [
    ...["double-ack", "r3"] as const,
    response("r3", 1, { acks: [headIn(CHAIN, 1), headIn(CHAIN, 2)] }),
    response("r3", 1, { acks: [headIn(FORK, 2)] }),
  ],
  "two votes, for two candidates": ["double-vote", "r3", votePacket("r3", 2, "r1"), votePacket("r3", 2, "r4")],
  "two votes, on two bases": [
    ...["double-vote", "r3"] as const,
    votePacket("r3", 2, "r4"),
    votePacket("r3", 2, "r4", rankOf(1, headIn(CHAIN, 1))),
  ],
};

for (const [what, [kind, culprit, first, second]] of Object.entries(CONTRADICTIONS)) {
  Deno.test(`§9.1a ${what}: kept, durable, gossiped once, and transferable to who saw neither`, () => {
    const lab = following();
    lab.feed(first);
    const outcome = lab.receive(second as Parameters<ElectionLab["receive"]>[0]);
    assertEquals(lab.state.evidence.map((e) => [e.kind, e.culprit as string]), [[kind, culprit]]);
    assert(outcome.persisted.some(({ op }) => op === "evidence"));
    assertEquals(sentOf(outcome, "Evidence").length, 1);
    const [shown] = sentOf(outcome, "Evidence");
    lab.feed(first, second, shown!);
    lab.elapse(3000);
    assertEquals(lab.take("Evidence").length, 1);
    lab.restart();
    assertEquals(lab.state.evidence.length, 1);

    const other = new ElectionLab({ self: "r4" });
    assertEquals(other.feed(shown!), "accept");
    assertEquals(other.state.evidence, lab.state.evidence);
    assertEquals(other.feed(shown!), "known-evidence");
    assertEquals(other.take("Evidence").length, 1);
  });
}

Deno.test("§9.1c an accused leader is suspected at once, also by who only heard of it, and after a restart", () => {
  const [kind, culprit, first, second] = CONTRADICTIONS["two chains from one point"]!;
  const lab = following();
  lab.feed(gossip(kind, culprit, first, second));
  lab.elapse(10);
  assert(lab.suspects);
  lab.restart();
  lab.follow("r2", 1);
  lab.elapse(10);
  assert(lab.suspects);
});

const HARMLESS: Record<string, Parameters<typeof gossip>> = {
  "one and the same message": ["equivocation", "r2", appendEntries("r2", 1, CHAIN), appendEntries("r2", 1, CHAIN)],
  "a longer list of one chain": [
    ...["equivocation", "r2"] as const,
    appendEntries("r2", 1, CHAIN.slice(0, 1)),
    appendEntries("r2", 1, CHAIN, { round: 2 }),
  ],
  "headers of two terms": ["equivocation", "r2", appendEntries("r2", 1, CHAIN), appendEntries("r2", 2, FORK)],
  "headers of two leaders": ["equivocation", "r2", appendEntries("r2", 1, CHAIN), appendEntries("r3", 1, FORK)],
  "headers that name no common index": [
    ...["equivocation", "r2"] as const,
    appendEntries("r2", 1, CHAIN.slice(0, 1)),
    appendEntries("r2", 1, [], { prev: endOf(FORK) }),
  ],
  "acks of two terms": [
    ...["double-ack", "r3"] as const,
    response("r3", 1, { acks: [headIn(CHAIN, 1)] }),
    response("r3", 2, { acks: [headIn(FORK, 1)] }),
  ],
  "acks of two replicas": [
    ...["double-ack", "r3"] as const,
    response("r3", 1, { acks: [headIn(CHAIN, 1)] }),
    response("r4", 1, { acks: [headIn(FORK, 1)] }),
  ],
  "acks of one chain": [
    ...["double-ack", "r3"] as const,
    response("r3", 1, { acks: [headIn(CHAIN, 1)] }),
    response("r3", 1, { acks: [headIn(CHAIN, 1), headIn(CHAIN, 2)] }),
  ],
  "two prepared reports": [
    ...["double-ack", "r3"] as const,
    response("r3", 2, { prepared: rankOf(1, headIn(CHAIN, 1)) }),
    response("r3", 2, { prepared: rankOf(1, headIn(FORK, 1)) }),
  ],
  "votes in two terms": ["double-vote", "r3", votePacket("r3", 2, "r1"), votePacket("r3", 3, "r4")],
  "votes of two replicas": ["double-vote", "r3", votePacket("r3", 2, "r1"), votePacket("r4", 2, "r4")],
  "one vote twice": ["double-vote", "r3", votePacket("r3", 2, "r1"), votePacket("r3", 2, "r1")],
};

for (const [what, [kind, culprit, first, second]] of Object.entries(HARMLESS)) {
  Deno.test(`§9.2a no contradiction: ${what}`, () => {
    const lab = following();
    const [verdict] = lab.receive(gossip(kind, culprit, first, second)).verdicts; // were its signatures good
    assertEquals(verdict?.verdict === "reject" && verdict.code, "no-contradiction");
    lab.feed(first, second);
    assertEquals(lab.state.evidence, []);
  });
}

Deno.test("§9.1b different signature bytes over the same body are no contradiction", () => {
  const vote = votePacket("r3", 2, "r1");
  const other = { ...vote.signed, signature: vote.signed.signature.toReversed() };
  const lab = following();
  const evidence = { kind: "double-vote", culprit: replicaId("r3"), first: vote.signed, second: other } as const;
  assertEquals(lab.receive({ kind: "Evidence", evidence }).verdicts[0]?.verdict, "reject"); // were they both to verify
  assertEquals(lab.state.evidence, []);
});

Deno.test("§9.1b evidence is verifiable by anyone: a forged signature, or a culprit outside the roster, accuses nobody", () => {
  const [kind, culprit, first, second] = CONTRADICTIONS["two votes, for two candidates"]!;
  const lab = following();
  const forged = {
    ...votePacket("r4", 2, "r4"),
    signed: { ...signedIn(second), signature: signedIn(first).signature },
  };
  assertEquals(lab.feed(gossip(kind, culprit, first, forged as Packet)), "bad-signature");
  assertEquals(lab.feed(gossip(kind, "r9", votePacket("r9", 2, "r1"), votePacket("r9", 2, "r4"))), "not-in-roster");
  assertEquals(lab.feed(gossip(kind, "r4", first, second)), "bad-signature"); // r3's votes do not accuse r4
  assertEquals(lab.state.evidence, []);
});

Deno.test("§9.1a a signed header over an entry with a bad client signature accuses its leader, by entries up to that one", () => {
  const forged = { ...request(1, "mine"), signature: request(1, "other").signature };
  const chain = [CHAIN[0]!, entryAfter(headIn(CHAIN, 1), 1, [forged])];
  const packet = appendEntries("r2", 1, chain);
  const lab = following();
  const { persisted } = lab.run([{ kind: "bad-entry", packet, position: 1 }]);
  assertEquals(persisted.map(({ op }) => op), ["evidence"]);
  const [shown] = lab.take("Evidence");
  const other = new ElectionLab({ self: "r4" });
  assertEquals(other.feed(shown!.packet), "accept");
  const elsewhere = appendEntries("r2", 1, FORK);
  const innocent = new ElectionLab({ self: "r4" });
  const evidence = { ...shown!.packet.evidence, header: elsewhere.signed } as Evidence;
  assertEquals(innocent.feed({ kind: "Evidence", evidence }), "no-contradiction");
});

Deno.test("§9.2a late, duplicate and misdirected messages are ignored with a code, and accuse nobody", () => {
  const lab = following();
  lab.append(GENESIS, CHAIN);
  lab.follow("r3", 3);
  const codes = [
    lab.feed(appendEntries("r2", 1, FORK)),
    lab.feed(votePacket("r2", 2, "r1")),
    lab.feed(votePacket("r2", 3, "r4")),
    lab.feed(appendEntries("r4", 3, [])),
    lab.feed(appendEntries("r3", 3, [], { prev: endOf(grow(GENESIS, 9, 3)) })),
  ];
  assertEquals(codes, ["stale-term", "stale-term", "no-candidacy", "not-the-leader", "gap"]);
  assertEquals(lab.state.evidence, []);
});
