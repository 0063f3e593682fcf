import { assert, assertEquals, assertThrows } from "@std/assert";
import { noteLeader } from "./leader_cache.ts";
import { cancel, createSession, type SessionConfig, type SessionEffect, settle, submit, tick } from "./session.ts";

const START = 1_790_000_000_000_000;
const CONFIG: SessionConfig = {
  start: START,
  window: 8,
  maxQueued: 3,
  retry: { baseMs: 100, capMs: 400, jitter: 0 },
  intervention: { afterMs: 250, backoff: { baseMs: 300, capMs: 600, jitter: 0 } },
  weak: 2,
  seed: 1,
};

const ask = (ticket: number, deadlineAt = 10_000, repeatable = false) => ({ ticket, deadlineAt, repeatable });
const applied = (seq: number) => ({ seq, outcome: "applied", floor: seq } as const);
const expired = (seq: number, floor: number) => ({ seq, outcome: "expired", floor } as const);
const signs = (effects: SessionEffect[]) => effects.filter((effect) => effect.effect === "sign");
const sends = (effects: SessionEffect[]) => effects.filter((effect) => effect.effect === "send");
const failures = (effects: SessionEffect[]) => effects.filter((effect) => effect.effect === "failed");

Deno.test("a first request starts at the clock's seq with that floor and goes to all", () => {
  const session = createSession(CONFIG);
  assertEquals(submit(session, ask(1), 0), [
    { effect: "sign", ticket: 1, seq: START, floor: START },
    { effect: "send", send: "all", kind: "SendRequest", seq: START },
  ]);
});

Deno.test("a request goes to the known leader alone", () => {
  const session = createSession(CONFIG);
  noteLeader(session.leader, "r3", 4, "r2");
  assertEquals(sends(submit(session, ask(1), 0)), [
    { effect: "send", send: "one", replica: "r2", kind: "SendRequest", seq: START },
  ]);
});

Deno.test("the floor is the lowest unanswered seq and moves only over answered ones (§7.1)", () => {
  const session = createSession(CONFIG);
  for (const ticket of [1, 2, 3]) submit(session, ask(ticket), 0);
  settle(session, applied(START + 1), START, 5);
  assertEquals(session.floor, START);
  settle(session, applied(START), START, 5);
  assertEquals(session.floor, START + 2);
  assertEquals(signs(submit(session, ask(4), 5)), [{ effect: "sign", ticket: 4, seq: START + 3, floor: START + 2 }]);
});

Deno.test("half the window is used; further requests wait in order, and past the queue's bound they are refused", () => {
  const session = createSession(CONFIG);
  const effects = [1, 2, 3, 4, 5, 6, 7].map((ticket) => submit(session, ask(ticket), 0));
  assertEquals(effects.map((list) => signs(list).length), [1, 1, 1, 1, 0, 0, 0]);
  assertEquals(submit(session, ask(8), 0), [
    { effect: "failed", ticket: 8, seq: null, failure: { reason: "queue-full", maxQueued: 3 } },
  ]);
  // Above the floor nothing is free while the lowest request is unanswered.
  assertEquals(signs(settle(session, applied(START + 2), START, 1)), []);
  assertEquals(signs(settle(session, applied(START), START, 1)), [
    { effect: "sign", ticket: 5, seq: START + 4, floor: START + 1 },
  ]);
});

Deno.test("a request is repeated to all with back-off, then its leader is intervened against at all replicas (§7.3)", () => {
  const session = createSession(CONFIG);
  noteLeader(session.leader, "r3", 4, "r2");
  submit(session, ask(1, 100_000), 0);
  const log: string[] = [];
  while (log.length < 6) {
    const now = session.dueAt;
    for (const effect of tick(session, now)) {
      if (effect.effect !== "send" || effect.send !== "all") throw new Error("a repeat goes to all");
      assertEquals(effect.seq, START);
      log.push(`${now} ${effect.kind}`);
    }
  }
  assertEquals(log, [
    "100 SendRequest",
    "250 UpdateLeader",
    "550 UpdateLeader",
    "1150 UpdateLeader",
    "1750 UpdateLeader",
    "2350 UpdateLeader",
  ]);
  assertEquals(session.leader.likely, null);
});

Deno.test("repeats never sign again: one signature a request", () => {
  const session = createSession(CONFIG);
  const all = [...submit(session, ask(1, 2000), 0)];
  for (let now = 0; now < 2100; now += 50) all.push(...tick(session, now));
  assertEquals(signs(all).length, 1);
});

Deno.test("past its deadline a request fails as undecided and frees the window", () => {
  const session = createSession(CONFIG);
  submit(session, ask(1, 500), 0);
  for (let now = 0; now < 500; now += 50) assertEquals(failures(tick(session, now)), []);
  assertEquals(tick(session, 500), [
    { effect: "failed", ticket: 1, seq: START, failure: { reason: "no-quorum", sent: true, interventions: 1 } },
  ]);
  assertEquals([session.floor, session.outstanding.size, session.dueAt], [START + 1, 0, Infinity]);
});

Deno.test("a waiting request that was never sent says so when its deadline passes", () => {
  const session = createSession({ ...CONFIG, window: 2 });
  submit(session, ask(1, 1000), 0);
  submit(session, ask(2, 200), 0);
  assertEquals(session.dueAt, 100);
  tick(session, 100);
  assertEquals(failures(tick(session, 200)), [
    { effect: "failed", ticket: 2, seq: null, failure: { reason: "no-quorum", sent: false, interventions: 0 } },
  ]);
});

Deno.test("nothing happens before something is due", () => {
  const session = createSession(CONFIG);
  submit(session, ask(1), 0);
  assertEquals(tick(session, 99), []);
  assertEquals(tick(session, 100).length, 1);
});

Deno.test("answers to settled or unknown seqs change nothing", () => {
  const session = createSession(CONFIG);
  submit(session, ask(1), 0);
  settle(session, applied(START), START, 1);
  assertEquals(settle(session, applied(START), START, 2), []);
  assertEquals(settle(session, expired(START + 99, START + 500), START, 2), []);
  assertEquals(session.fencedBy, null);
});

Deno.test("a newer session of the key fences this one: clear failure, nothing waits on, later requests refused", () => {
  const session = createSession({ ...CONFIG, window: 4 });
  submit(session, ask(1), 0);
  settle(session, applied(START), START, 1);
  for (const ticket of [2, 3, 4]) submit(session, ask(ticket), 2);
  const floor = START + 5000;
  assertEquals(settle(session, expired(START + 1, floor), START + 9000, 3), [
    { effect: "failed", ticket: 2, seq: START + 1, failure: { reason: "fenced", floor, sent: true } },
    { effect: "failed", ticket: 4, seq: null, failure: { reason: "fenced", floor, sent: false } },
  ]);
  assertEquals(submit(session, ask(5), 4), [
    { effect: "failed", ticket: 5, seq: null, failure: { reason: "fenced", floor, sent: false } },
  ]);
  // A request already sent may still turn out applied.
  assertEquals(settle(session, applied(START + 2), START, 5), [{ effect: "applied", ticket: 3, seq: START + 2 }]);
});

Deno.test("a fresh session fenced by one that began after it does not fight back", () => {
  const session = createSession(CONFIG);
  submit(session, ask(1), 0);
  const effects = settle(session, expired(START, START + 400), START + 1000, 1);
  assertEquals(effects, [
    { effect: "failed", ticket: 1, seq: START, failure: { reason: "fenced", floor: START + 400, sent: true } },
  ]);
});

Deno.test("a clock that went back: the session begins anew above the floor, once, and carries its request over", () => {
  const session = createSession(CONFIG);
  submit(session, ask(1), 0);
  submit(session, ask(2), 0);
  const floor = START + 3_600_000_000;
  const effects = settle(session, expired(START, floor), START + 1000, 1);
  assertEquals(effects[0], { effect: "renumbered", ticket: 1, seq: START });
  const [sign] = signs(effects);
  if (sign === undefined) throw new Error("nothing was issued again");
  assert(sign.ticket === 1 && sign.seq > floor + 999_999 && sign.seq === sign.floor);
  const second = settle(session, expired(START + 1, floor), START + 1000, 2);
  assertEquals(signs(second), [{ effect: "sign", ticket: 2, seq: sign.seq + 1, floor: sign.seq }]);
  // Only once: the next one means that another session is active.
  const again = settle(session, expired(sign.seq, sign.seq + 5_000_000), START + 1000, 3);
  assertEquals(failures(again).map(({ failure }) => failure.reason), ["fenced"]);
});

Deno.test("a floor at the end of all numbers fences for good: there is no room above it", () => {
  const session = createSession(CONFIG);
  submit(session, ask(1), 0);
  const floor = Number.MAX_SAFE_INTEGER - 5;
  assertEquals(settle(session, expired(START, floor), START, 1), [
    { effect: "failed", ticket: 1, seq: START, failure: { reason: "fenced", floor, sent: true } },
  ]);
});

Deno.test("after a restart a write that was sent more than once is not issued again, a read is", () => {
  const session = createSession(CONFIG);
  submit(session, ask(1), 0);
  submit(session, ask(2, 10_000, true), 0);
  tick(session, 100);
  const floor = START + 3_600_000_000;
  const write = settle(session, expired(START, floor), START, 101);
  assertEquals(write, [{ effect: "failed", ticket: 1, seq: START, failure: { reason: "fenced", floor, sent: true } }]);
  const read = settle(session, expired(START + 1, floor), START, 102);
  assertEquals(signs(read).map(({ ticket }) => ticket), [2]);
  assertEquals(session.fencedBy, null);
});

Deno.test("cancelling frees a place, whether the request waited or was sent", () => {
  const session = createSession({ ...CONFIG, window: 2 });
  submit(session, ask(1), 0);
  submit(session, ask(2), 0);
  submit(session, ask(3), 0);
  assertEquals(cancel(session, 2, 1), [{ effect: "failed", ticket: 2, seq: null, failure: { reason: "cancelled" } }]);
  const effects = cancel(session, 1, 1);
  assertEquals(effects[0], { effect: "failed", ticket: 1, seq: START, failure: { reason: "cancelled" } });
  assertEquals(signs(effects).map(({ ticket }) => ticket), [3]);
  assertEquals(cancel(session, 99, 1), []);
});

Deno.test("a seq found above the window is reported, not retried", () => {
  const session = createSession(CONFIG);
  submit(session, ask(1), 0);
  assertEquals(settle(session, { seq: START, outcome: "ahead", floor: 5 }, START, 1), [
    { effect: "failed", ticket: 1, seq: START, failure: { reason: "ahead", floor: 5 } },
  ]);
});

Deno.test("impossible constants are refused with what was given", () => {
  assertThrows(() => createSession({ ...CONFIG, start: 0 }), RangeError, "start 0");
  assertThrows(() => createSession({ ...CONFIG, start: 2 ** 53 - 1 }), RangeError, "start 9007199254740991");
  assertThrows(() => createSession({ ...CONFIG, window: 1 }), RangeError, "window 1");
});
