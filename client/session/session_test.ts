import { assertEquals, assertThrows } from "@std/assert";
import type { Outcome } from "../../protocol/message.ts";
import { sends, SESSION_CONFIG, signs } from "../../tests/client/session_lab.ts";
import { noteLeader } from "./leader_cache.ts";
import {
  adopt,
  cancel,
  createSession,
  noteHeight,
  onlySession,
  type Session,
  type SessionConfig,
  type SessionEffect,
  settle,
  submit,
  tick,
} from "./session.ts";

const ID = 40;
const ask = (ticket: number, deadlineAt = 10_000, repeatable = false) => ({ ticket, size: 10, deadlineAt, repeatable });
const answer = (request: number, outcome: Outcome = "applied", index = 50) => ({
  ...{ request, outcome, executed: 1, index },
});
const failures = (effects: SessionEffect[]) => effects.filter((effect) => effect.effect === "failed");
/** Ticket and seq of what was signed, with its session. */
const issued = (effects: SessionEffect[]) =>
  signs(effects).map(({ tickets, session, seq }) => [...tickets, session, seq]);

/** A client that knows how far two replicas have applied. */
function client(changes: Partial<SessionConfig> = {}): Session {
  const session = createSession({ ...SESSION_CONFIG, ...changes });
  for (const replica of ["r1", "r2"]) assertEquals(noteHeight(session, replica, 30, 0), []);
  return session;
}

/** Its number of the register under way. */
const registering = (session: Session): number => session.registration!.request;

/** A client with session {@linkcode ID} open and nothing under way. */
function open(changes: Partial<SessionConfig> = {}): Session {
  const session = client(changes);
  submit(session, ask(0), 0);
  const [sign] = signs(settle(session, answer(registering(session), "applied", ID), 0));
  settle(session, answer(sign!.request), 0);
  return session;
}

Deno.test("§7.1 nothing is sent before f + 1 replicas said how far they are; then a register with the base they vouch for", () => {
  const session = createSession(SESSION_CONFIG);
  assertEquals(submit(session, ask(1), 0), []);
  assertEquals(noteHeight(session, "r1", 1_000_000, 1), []);
  assertEquals(noteHeight(session, "r2", 30, 2), [
    { effect: "register", request: 1, base: 30 },
    { effect: "send", request: 1, to: "all", intervention: false },
  ]);
  assertEquals(submit(session, ask(2), 3), []);
});

Deno.test("§7.1 the register's index is the session, in which seqs begin at 1", () => {
  const session = client();
  for (const ticket of [1, 2]) submit(session, ask(ticket), 0);
  assertEquals(settle(session, answer(registering(session), "applied", ID), 1), [
    { effect: "done", request: 1 },
    { effect: "sign", request: 2, tickets: [1], session: ID, seq: 1, floor: 1 },
    { effect: "send", request: 2, to: "all", intervention: false },
    { effect: "sign", request: 3, tickets: [2], session: ID, seq: 2, floor: 1 },
    { effect: "send", request: 3, to: "all", intervention: false },
  ]);
});

Deno.test("§7.1 after a register that was void another one follows, at once where a newer base is known", () => {
  const session = client();
  submit(session, ask(1), 0);
  for (const replica of ["r1", "r3"]) noteHeight(session, replica, 900, 1);
  assertEquals(settle(session, answer(registering(session), "void"), 1).slice(0, 2), [
    { effect: "done", request: 1 },
    { effect: "register", request: 2, base: 900 },
  ]);
  // With no newer base it waits, so that a liar cannot keep it busy.
  assertEquals(settle(session, answer(registering(session), "void"), 2), [{ effect: "done", request: 2 }]);
  assertEquals([tick(session, 150), session.dueAt], [[], 202]);
  assertEquals(tick(session, 202)[0], { effect: "register", request: 3, base: 900 });
});

Deno.test("§7.3 a register is repeated and intervened for like a command, and given up when nobody waits for it", () => {
  const session = client();
  submit(session, ask(1, 600), 0);
  const seen: string[] = [];
  while (session.registration !== null) {
    const now = session.dueAt;
    for (const effect of tick(session, now)) {
      seen.push(`${now} ${effect.effect === "send" && effect.intervention ? "intervention" : effect.effect}`);
    }
  }
  assertEquals(seen, ["100 send", "250 intervention", "550 intervention", "600 failed", "600 done"]);
  assertEquals(session.dueAt, Infinity);
});

Deno.test("a request goes to the known leader alone", () => {
  const session = open();
  noteLeader(session.leader, "r3", 4, "r2");
  assertEquals(sends(submit(session, ask(1), 0)).map(({ to }) => to), ["r2"]);
});

Deno.test("§7.1 the floor is the lowest unanswered seq and moves only over answered ones", () => {
  const session = open();
  const [first, second] = [1, 2, 3].map((ticket) => signs(submit(session, ask(ticket), 0))[0]!);
  settle(session, answer(second!.request), 5);
  assertEquals(session.current?.floor, 2);
  settle(session, answer(first!.request), 5);
  assertEquals(session.current?.floor, 4);
  assertEquals(signs(submit(session, ask(4), 5)).map(({ seq, floor }) => [seq, floor]), [[5, 4]]);
});

Deno.test("half the window is used; further requests wait in order, and past the queue's bound they are refused", () => {
  const session = open();
  const effects = [1, 2, 3, 4, 5, 6, 7].map((ticket) => submit(session, ask(ticket), 0));
  assertEquals(effects.map((list) => signs(list).length), [1, 1, 1, 1, 0, 0, 0]);
  assertEquals(submit(session, ask(8), 0), [
    { effect: "failed", ticket: 8, request: null, failure: { reason: "queue-full", maxQueued: 3 } },
  ]);
  const numbers = effects.flatMap((list) => signs(list).map(({ request }) => request));
  // Above the floor nothing is free while the lowest request is unanswered.
  assertEquals(issued(settle(session, answer(numbers[2]!), 1)), []);
  assertEquals(issued(settle(session, answer(numbers[0]!), 1)), [[5, ID, 6]]);
});

Deno.test("§7.3 a request is repeated to all with back-off, then its leader is intervened against at all replicas", () => {
  const session = open();
  noteLeader(session.leader, "r3", 4, "r2");
  submit(session, ask(1, 100_000), 0);
  const log: string[] = [];
  while (log.length < 6) {
    const now = session.dueAt;
    for (const effect of tick(session, now)) {
      if (effect.effect !== "send" || effect.to !== "all") throw new Error("a repeat goes to all");
      log.push(`${now} ${effect.intervention ? "intervention" : "request"}`);
    }
  }
  assertEquals(log, [
    "100 request",
    ...["250 intervention", "550 intervention", "1150 intervention", "1750 intervention", "2350 intervention"],
  ]);
  assertEquals(session.leader.likely, null);
});

Deno.test("repeats never sign again: one signature a request", () => {
  const session = open();
  const all = [...submit(session, ask(1, 2000), 0)];
  for (let now = 0; now < 2100; now += 50) all.push(...tick(session, now));
  assertEquals(signs(all).length, 1);
});

Deno.test("past its deadline a request fails as undecided and frees the window", () => {
  const session = open();
  const [sign] = signs(submit(session, ask(1, 500), 0));
  for (let now = 0; now < 500; now += 50) assertEquals(failures(tick(session, now)), []);
  const failure = { reason: "no-quorum", sent: true, interventions: 1 } as const;
  assertEquals(tick(session, 500), [
    { effect: "failed", ticket: 1, request: sign!.request, failure },
    { effect: "done", request: sign!.request },
  ]);
  assertEquals([session.current?.floor, session.outstanding.size, session.dueAt], [3, 0, Infinity]);
});

Deno.test("a waiting request that was never sent says so when its deadline passes", () => {
  const session = open({ window: 2 });
  submit(session, ask(1, 1000), 0);
  submit(session, ask(2, 200), 0);
  assertEquals(session.dueAt, 100);
  tick(session, 100);
  const failure = { reason: "no-quorum", sent: false, interventions: 0 } as const;
  assertEquals(failures(tick(session, 200)), [{ effect: "failed", ticket: 2, request: null, failure }]);
});

Deno.test("nothing happens before something is due", () => {
  const session = open();
  submit(session, ask(1), 0);
  assertEquals(tick(session, 99), []);
  assertEquals(tick(session, 100).length, 1);
});

Deno.test("answers to settled or unknown requests change nothing", () => {
  const session = open();
  const [sign] = signs(submit(session, ask(1), 0));
  settle(session, answer(sign!.request), 1);
  assertEquals(settle(session, answer(sign!.request), 2), []);
  assertEquals(settle(session, answer(99, "unexecuted"), 2), []);
  assertEquals(session.current?.id, ID);
});

Deno.test("§7.1e what was never executed in a closed session is issued again in another one, whatever it is", () => {
  const session = open();
  const [first, second] = [1, 2].map((ticket) => signs(submit(session, ask(ticket), 0))[0]!);
  const effects = settle(session, answer(first!.request, "unexecuted"), 1);
  assertEquals(effects.map(({ effect }) => effect), ["reissued", "done", "register", "send"]);
  assertEquals(issued(settle(session, answer(registering(session), "applied", 70), 2)), [[1, 70, 1]]);
  // The other one may have been executed before: it waits for its own answer.
  assertEquals(issued(settle(session, answer(second!.request, "unexecuted"), 3)), [[2, 70, 2]]);
});

Deno.test("§7.2g a client waits for one session only while all that is under way is in it", () => {
  const session = client();
  submit(session, ask(0), 0);
  assertEquals(onlySession(session), 0, "none is open yet");
  settle(session, answer(registering(session), "applied", ID), 0);
  submit(session, ask(1), 0);
  assertEquals(onlySession(session), ID);
  const [first, second] = [...session.outstanding.keys()];
  settle(session, answer(first!, "unexecuted"), 1);
  assertEquals(onlySession(session), 0, "its session is closed");
  assertEquals(issued(settle(session, answer(registering(session), "applied", 70), 2)), [[0, 70, 1]]);
  assertEquals(onlySession(session), 0, "one command is in either");
  settle(session, answer(second!), 3);
  assertEquals(onlySession(session), 70);
  settle(session, answer([...session.outstanding.keys()][0]!), 4);
  assertEquals(onlySession(session), 70, "nothing is under way, and what comes will be in it");
});

Deno.test("§7.1e a command of which nobody knows any more is not issued again unless twice is as good as once", () => {
  for (const outcome of ["unknown", "expired"] as const) {
    const session = open();
    const [write] = signs(submit(session, ask(1), 0));
    const [read] = signs(submit(session, ask(2, 10_000, true), 0));
    assertEquals(failures(settle(session, answer(write!.request, outcome), 1)), [
      { effect: "failed", ticket: 1, request: write!.request, failure: { reason: "undecided" } },
    ]);
    settle(session, answer(read!.request, outcome), 1);
    if (session.registration) settle(session, answer(registering(session), "applied", 70), 2);
    assertEquals(
      [...session.outstanding.values()].flatMap(({ parts }) => parts.map((part) => part?.ticket)),
      [2],
      outcome,
    );
  }
});

Deno.test("a request found above its window, or behind another one of its seq, is reported and not retried", () => {
  for (const outcome of ["ahead", "conflict"] as const) {
    const session = open();
    const [sign] = signs(submit(session, ask(1), 0));
    assertEquals(settle(session, answer(sign!.request, outcome), 1), [
      { effect: "failed", ticket: 1, request: sign!.request, failure: { reason: outcome } },
      { effect: "done", request: sign!.request },
    ]);
  }
});

Deno.test("cancelling frees a place, whether the request waited or was sent", () => {
  const session = open({ window: 2 });
  const [sign] = [1, 2, 3].flatMap((ticket) => signs(submit(session, ask(ticket), 0)));
  const failure = { reason: "cancelled" } as const;
  assertEquals(cancel(session, 2, 1), [{ effect: "failed", ticket: 2, request: null, failure }]);
  const effects = cancel(session, 1, 1);
  assertEquals(effects[0], { effect: "failed", ticket: 1, request: sign!.request, failure });
  assertEquals(issued(effects), [[3, ID, 3]]);
  assertEquals(cancel(session, 99, 1), []);
});

Deno.test("impossible constants are refused with what was given", () => {
  assertThrows(() => createSession({ ...SESSION_CONFIG, window: 1 }), RangeError, "window 1");
});

Deno.test("§13.12 another roster: what is under way is sent again to all, leader and heights are forgotten, the session stays", () => {
  const session = open();
  noteLeader(session.leader, "r1", 9, "r1");
  noteLeader(session.leader, "r2", 9, "r1");
  for (const ticket of [1, 2]) submit(session, ask(ticket), 1000);
  const under = [...session.outstanding.keys()];
  const { window, retry, intervention } = SESSION_CONFIG;
  const effects = adopt(session, { window, weak: 1, showAfterMs: 0, retry, intervention }, 2000);
  assertEquals(effects, under.map((request) => ({ effect: "send", request, to: "all", intervention: false })));
  assertEquals([session.leader.likely, session.leader.weak, session.heights.size], [null, 1, 0]);
  assertEquals(session.current?.id, ID);
  assertEquals(session.dueAt, 2100, "its timers begin anew");
  assertEquals(issued(submit(session, ask(3), 2001)), [[3, ID, 4]]);
  for (const request of under) settle(session, answer(request), 2002);
  assertEquals(session.current?.floor, 4);
});

Deno.test("§13.12 a register under way is sent again too; a next one waits for what the new replicas say", () => {
  const session = client();
  submit(session, ask(1), 0);
  const request = registering(session);
  const { window, retry, intervention } = SESSION_CONFIG;
  assertEquals(adopt(session, { window, weak: 2, showAfterMs: 0, retry, intervention }, 10), [
    { effect: "send", request, to: "all", intervention: false },
  ]);
  assertEquals(settle(session, answer(request, "void", 60), 20), [{ effect: "done", request }]);
  assertEquals(noteHeight(session, "r5", 60, 30), []);
  assertEquals(noteHeight(session, "r6", 61, 30).map(({ effect }) => effect), ["register", "send"]);
});
