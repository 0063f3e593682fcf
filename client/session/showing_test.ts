import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { sends, SESSION_CONFIG, signs } from "../../tests/client/session_lab.ts";
import { createSession, type Session, type SessionEffect, settle, submit, tick } from "./session.ts";

const SHOW_MS = 500;
/** Nothing is repeated in a run, so that whatever goes out again is shown. */
const NEVER = { baseMs: 1e9, capMs: 1e9, jitter: 0 };

/** A client with a session open, whose leader has been slow for `slowMs` each time. */
function knowing(showAfterMs: number, slowMs: number): Session {
  const intervention = { afterMs: 1e9, backoff: NEVER };
  const session = createSession({
    ...SESSION_CONFIG,
    window: 64,
    maxQueued: 100,
    retry: NEVER,
    intervention,
    showAfterMs,
  });
  session.current = { id: 1, floor: 1, nextSeq: 1, open: new Set() };
  session.leader.likely = "r1";
  session.trips.smoothedMs = slowMs;
  return session;
}

const submission = (ticket: number) => ({ ticket, size: 10, deadlineAt: Infinity, repeatable: false });

/** Ticks when that is due until `end`; returns what was shown, and when. */
function shownUntil(session: Session, end: number): { request: number; at: number }[] {
  const shown = [];
  while (session.dueAt <= end) {
    const at = session.dueAt;
    for (const { request, to, intervention } of sends(tick(session, at))) {
      assertEquals([to, intervention], ["all", false]);
      shown.push({ request, at });
    }
  }
  return shown;
}

const answer = (session: Session, request: number, now: number): SessionEffect[] =>
  settle(session, { request, outcome: "applied", executed: 1, index: 50 }, now);

Deno.test("§14.7a the lowest seq under way is shown half a pace after it was sent, and then once a pace, however slow answers were", () => {
  const session = knowing(SHOW_MS, 60_000);
  for (let i = 1; i <= 3; i++) submit(session, submission(i), 10 * i);
  assertEquals(shownUntil(session, 3000), [510, 1510, 2510].map((at) => ({ request: 1, at })));
  answer(session, 1, 3000);
  assertEquals(shownUntil(session, 4000), [{ request: 2, at: 3510 }], "the next one is the lowest now");
});

Deno.test("§14.7a an answer in half a pace, and a pace of 0, show nothing", () => {
  const quick = knowing(SHOW_MS, 5);
  const [sign] = signs(submit(quick, submission(1), 0));
  assertEquals(shownUntil(quick, SHOW_MS - 1), []);
  answer(quick, sign!.request, SHOW_MS - 1);
  assertEquals(shownUntil(quick, 60_000), []);
  const none = knowing(0, 5);
  submit(none, submission(1), 0);
  assertEquals(shownUntil(none, 60_000), []);
});

Deno.test("§14.7a for all orders of answers: no lowest seq waits for longer than it has to, and one is shown in a pace", () => {
  const steps = fc.array(fc.record({ ms: fc.integer({ min: 0, max: 900 }), send: fc.boolean(), pick: fc.nat() }));
  fc.assert(fc.property(steps, (run) => {
    const session = knowing(SHOW_MS, 1000);
    const sentAt = new Map<number, number>();
    let [now, last, tickets] = [0, -Infinity, 0];
    for (const { ms, send, pick } of run) {
      for (const { request, at } of shownUntil(session, now + ms)) {
        assert(at >= last + 2 * SHOW_MS, "one a pace");
        assertEquals(request, Math.min(...sentAt.keys()));
        last = at;
      }
      now += ms;
      if (sentAt.size > 0) {
        assert(now < Math.max(Math.min(...sentAt.values()) + SHOW_MS, last + 2 * SHOW_MS), "shown in time");
      }
      if (send) {
        for (const { request } of signs(submit(session, submission(++tickets), now))) sentAt.set(request, now);
      } else if (sentAt.size > 0) {
        const request = [...sentAt.keys()][pick % sentAt.size]!;
        sentAt.delete(request);
        for (const next of signs(answer(session, request, now))) sentAt.set(next.request, now);
      }
    }
  }));
});
