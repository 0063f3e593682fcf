import { assertEquals } from "@std/assert";
import { sends, SESSION_CONFIG, signs } from "../../tests/client/session_lab.ts";
import { noteLeader } from "./leader_cache.ts";
import { createSession, noteAnswer, type Session, settle, submit, tick } from "./session.ts";

const submission = (ticket: number) => ({ ticket, size: 10, deadlineAt: Infinity, repeatable: false });

/** A client with a session open and nothing under way. */
function knowing(): Session {
  const session = createSession(SESSION_CONFIG);
  session.current = { id: 1, floor: 1, nextSeq: 1, open: new Set() };
  return session;
}

/** Has request after request answered `ms` after it was sent. */
function answerAfter(session: Session, ms: number, times: number): number {
  let now = 0;
  for (let ticket = 100; ticket < 100 + times; ticket++) {
    const [sign] = signs(submit(session, submission(ticket), now));
    now += ms;
    settle(session, { request: sign!.request, outcome: "applied", executed: 1, index: 50 }, now);
  }
  return now;
}

/** Times after its sending at which a request that nobody answers goes out again, as a repeat or as an intervention. */
function repeatsOf(session: Session, sentAt: number, until: number): string[] {
  submit(session, submission(1), sentAt);
  const times: string[] = [];
  while (session.dueAt < sentAt + until) {
    const now = session.dueAt;
    for (const { intervention } of sends(tick(session, now))) {
      times.push(`${intervention ? "intervention" : "repeat"} ${Math.round(now - sentAt)}`);
    }
  }
  return times;
}

Deno.test("§7.3 nothing is sent again in the time in which answers have been coming", () => {
  const quick = knowing();
  assertEquals(repeatsOf(quick, answerAfter(quick, 5, 40), 600), [
    "repeat 100",
    "intervention 250",
    "intervention 550",
  ]);
  const slow = knowing();
  assertEquals(repeatsOf(slow, answerAfter(slow, 220, 150), 900), ["repeat 440", "intervention 880"]);
  const endless = knowing();
  assertEquals(repeatsOf(endless, answerAfter(endless, 90_000, 60), 1500), ["intervention 1000", "intervention 1300"]);
});

Deno.test("§7.3 a request that some replica has answered is not repeated for a while, but goes to all as an intervention", () => {
  const session = knowing();
  const [sign] = signs(submit(session, submission(1), 0));
  noteAnswer(session, sign!.request, 60);
  assertEquals([tick(session, 100), tick(session, 159)].map((effects) => sends(effects).length), [0, 0]);
  assertEquals(sends(tick(session, 160)).map(({ intervention }) => intervention), [false]);
  noteAnswer(session, sign!.request, 240);
  assertEquals(sends(tick(session, 250)).map(({ intervention }) => intervention), [true]);
});

Deno.test("§7.3 who was answered since a request was sent keeps its leader, though that one is late", () => {
  const session = knowing();
  noteLeader(session.leader, "r2", 1, "r2");
  noteLeader(session.leader, "r3", 1, "r2");
  const [other] = [1, 2].map((ticket) => signs(submit(session, submission(ticket), 0))[0]!);
  settle(session, { request: other!.request, outcome: "applied", executed: 1, index: 50 }, 10);
  assertEquals(sends(tick(session, 100)).map(({ to }) => to), ["all"]);
  assertEquals(session.leader.likely, "r2");
  assertEquals(sends(tick(session, session.dueAt)).length, 1);
});
