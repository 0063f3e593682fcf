import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { countFastRead, createFastReadTally } from "./fast_read_tally.ts";

const FOUR = new Set(["r1", "r2", "r3", "r4"]);
const answer = (text: string, ok = true) => ({ ok, payload: new TextEncoder().encode(text) });

Deno.test("a fast read is accepted on Q equal payloads and not before (§7.4)", () => {
  const tally = createFastReadTally(FOUR);
  assertEquals(countFastRead(tally, "r1", answer("v5=x")).state, "open");
  assertEquals(countFastRead(tally, "r1", answer("v5=x")).state, "open");
  assertEquals(countFastRead(tally, "r2", answer("v5=x")).state, "open");
  assertEquals(countFastRead(tally, "r4", answer("v5=x")), { state: "accepted", payload: answer("v5=x").payload });
});

Deno.test("a read of two versions is hopeless as soon as neither can reach Q", () => {
  const tally = createFastReadTally(FOUR);
  countFastRead(tally, "r1", answer("v5=x"));
  assertEquals(countFastRead(tally, "r2", answer("v6=x")).state, "open");
  assertEquals(countFastRead(tally, "r3", answer("v5=x")).state, "open");
  assertEquals(countFastRead(tally, "r4", answer("v6=x")).state, "hopeless");
});

Deno.test("equal refusals are not an answer", () => {
  const tally = createFastReadTally(FOUR);
  assertEquals(countFastRead(tally, "r1", answer("no", false)).state, "open");
  assertEquals(countFastRead(tally, "r2", answer("no", false)).state, "hopeless");
  assertEquals(countFastRead(createFastReadTally(new Set(["r1"])), "r1", answer("no", false)).state, "hopeless");
});

Deno.test("for all votes: f+1 equal payloads are never enough where Q is more", () => {
  fc.assert(fc.property(fc.array(fc.constantFrom("r1", "r2"), { maxLength: 20 }), (voters) => {
    const tally = createFastReadTally(FOUR);
    for (const voter of voters) assertEquals(countFastRead(tally, voter, answer("stale")).state, "open");
  }));
});
