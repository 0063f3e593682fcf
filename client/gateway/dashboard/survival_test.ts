import { assertEquals, assertStringIncludes } from "@std/assert";
import { quorumOf } from "../../../protocol/quorum.ts";
import type { ReplicaStanding } from "../../calls/cluster_health.ts";
import type { PlayState } from "./play_port.ts";
import { survivalOf } from "./survival.ts";

const standing = (replica: string, full: boolean): ReplicaStanding => ({
  ...{ replica, role: "follower", full, trouble: full ? null : "silent", reason: full ? null : "did not answer" },
  follows: full ? { term: 1, leader: "r1" } : null,
});

const judge = (full: readonly boolean[], states: Record<string, PlayState> = {}, accused: readonly string[] = []) =>
  survivalOf(quorumOf(full.length), full.map((each, i) => standing(`r${i + 1}`, each)), states, accused);

const state = (change: Partial<PlayState>): PlayState => ({
  process: "running",
  network: "whole",
  lies: null,
  ...change,
});

Deno.test("with all replicas there it says what may fail", () => {
  const { verdict, sentence } = judge([true, true, true, true]);
  assertEquals(verdict, "whole");
  assertStringIncludes(sentence, "3 of them (a quorum), so 1 may be missing, and up to f = 1 may even lie");
});

Deno.test("one that is silent is survived, two are not, and nothing is lost", () => {
  const one = judge([true, false, true, true]);
  assertEquals([one.verdict, one.out], ["survived", ["r2"]]);
  assertStringIncludes(one.sentence, "r2 takes no part. 3 of 4 honest replicas are left and a quorum is 3");
  const two = judge([true, false, false, true]);
  assertEquals([two.verdict, two.out], ["stopped", ["r2", "r3"]]);
  assertStringIncludes(two.sentence, "Only 2 of 4 honest replicas are left, and a quorum is 3");
});

Deno.test("one that is cut off counts as out although clients reach it, one that is slow does not", () => {
  assertEquals(judge([true, true, true, true], { r3: state({ network: "cut" }) }).out, ["r3"]);
  assertEquals(judge([true, true, true, true], { r3: state({ network: "slow" }) }).verdict, "whole");
});

Deno.test("a liar is survived, by play or by evidence, and one more than f is not", () => {
  const { verdict, liars, out } = judge([true, true, true, true], { r4: state({ lies: "silent" }) });
  assertEquals([verdict, liars, out], ["survived", ["r4"], []]);
  assertEquals(judge([true, true, true, true], {}, ["r1"]).liars, ["r1"]);
  const beyond = judge([true, true, true, true], { r4: state({ lies: "silent" }) }, ["r1"]);
  assertStringIncludes(beyond.sentence, "more than f = 1");
  assertEquals(beyond.verdict, "beyond");
});

Deno.test("seven replicas say how many faults more it would take", () => {
  const { sentence } = judge([true, true, true, true, true, true, false]);
  assertStringIncludes(sentence, "6 of 7 honest replicas are left and a quorum is 5");
  assertStringIncludes(sentence, "It would take 2 more faults to stop writes.");
});
