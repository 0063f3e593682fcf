import { assertEquals } from "@std/assert";
import type { Json } from "../../mod.ts";
import { readingOf } from "./readings.ts";

const read = (status: Json) => readingOf({ replica: "r1", reachable: true, status });

Deno.test("what a replica says is read member by member", () => {
  const reading = read({
    ...{ role: "leader", term: 3, leader: "r1", lastIndex: 9, prepared: { term: 3, index: 8 }, commitIndex: 7 },
    ...{ commitHash: "a".repeat(64), evidence: [{ kind: "double-ack", culprit: "r2" }], interventions: 2 },
    offices: { past: [{ term: 2, leader: "r4", wantedFor: "timer", forMs: 1 }] },
  });
  assertEquals([reading.role, reading.term, reading.preparedIndex, reading.commitIndex], ["leader", 3, 8, 7]);
  assertEquals(reading.evidence, [{ kind: "double-ack", culprit: "r2" }]);
  assertEquals(reading.offices, [{ term: 2, leader: "r4", wantedFor: "timer" }]);
});

Deno.test("a liar's words are cut, cleaned or left out, and never throw", () => {
  const hostile: Json[] = [null, 7, "x", [], { term: -1, leader: {}, prepared: [], evidence: "x", offices: [] }, {
    ...{ term: 1.5, commitHash: "zz", evidence: [null, { kind: 1 }], offices: { past: [1, { term: 2 }] } },
  }];
  for (const status of hostile) {
    const { term, leader, commitHash, evidence, offices } = read(status);
    assertEquals([term, leader, commitHash, evidence, offices], [null, null, null, [], []]);
  }
  const { role, evidence } = read({
    role: `\u202e\u0007${"long ".repeat(50)}`,
    evidence: Array.from({ length: 1000 }, () => ({ kind: "k", culprit: "r1" })),
  });
  assertEquals([role?.length, role?.slice(0, 2), evidence.length], [24, "\ufffd\ufffd", 16]);
});

Deno.test("of one that did not answer nothing is read", () => {
  const { role, term } = readingOf({ replica: "r1", reachable: false, reason: "unreachable" });
  assertEquals([role, term], [null, null]);
});
