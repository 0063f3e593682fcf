import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Outcome } from "../../protocol/message.ts";
import {
  adopt,
  cancel,
  createSession,
  noteHeight,
  type Session,
  type SessionConfig,
  type SessionEffect,
  settle,
  type Submission,
  submit,
  tick,
  underWay,
} from "./session.ts";

const CONFIG: SessionConfig = {
  window: 10,
  maxQueued: 6,
  maxGroup: 3,
  retry: { baseMs: 50, capMs: 200, jitter: 0.25 },
  intervention: { afterMs: 120, backoff: { baseMs: 80, capMs: 300, jitter: 0.25 } },
  showAfterMs: 90,
  weak: 2,
  seed: 3,
};
const HALF = CONFIG.window / 2;

type Step =
  | { readonly step: "submit"; readonly wait: number; readonly repeatable: boolean }
  | { readonly step: "pass"; readonly ms: number }
  | {
    readonly step: "answer";
    readonly pick: number;
    readonly outcome: Outcome;
  }
  | { readonly step: "cancel"; readonly pick: number }
  | { readonly step: "adopt"; readonly weak: number };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({
      step: fc.constant("submit" as const),
      wait: fc.integer({ min: 1, max: 2000 }),
      repeatable: fc.boolean(),
    }),
    fc.record({ step: fc.constant("pass" as const), ms: fc.integer({ min: 0, max: 300 }) }),
    fc.record({
      step: fc.constant("answer" as const),
      pick: fc.nat(),
      outcome: fc.constantFrom<Outcome>(
        ...["applied", "applied", "applied", "applied", "unexecuted", "unknown"] as const,
        ...["expired", "ahead", "conflict", "void"] as const,
      ),
    }),
    fc.record({ step: fc.constant("cancel" as const), pick: fc.nat() }),
    fc.record({ step: fc.constant("adopt" as const), weak: fc.integer({ min: 1, max: 3 }) }),
  ),
  { maxLength: 120 },
);

/** A client that knows how far replicas are. */
function knowing(config: SessionConfig): Session {
  const session = createSession(config);
  for (const replica of ["r1", "r2"]) noteHeight(session, replica, 10, 0);
  return session;
}

const submission = (ticket: number, deadlineAt: number, repeatable: boolean): Submission => ({
  ...{ ticket, size: 10, deadlineAt, repeatable },
});

/** Checks every effect as it comes out. */
class Watcher {
  readonly done = new Set<number>();
  #session = 0;
  #seq = 0;
  #floor = 0;
  /** Requests under way. */
  readonly #current = new Map<number, "command" | "register">();
  /** Commands under way, and where. */
  readonly #places = new Map<number, { readonly request: number; readonly part: number }>();

  watch(effects: SessionEffect[]): void {
    for (const effect of effects) this.#one(effect);
  }

  #one(effect: SessionEffect): void {
    switch (effect.effect) {
      case "sign":
        assert(effect.session >= this.#session, "a session that was left is not gone back to");
        if (effect.session > this.#session) [this.#session, this.#seq, this.#floor] = [effect.session, 0, 1];
        assert(effect.seq === this.#seq + 1, "seqs begin at 1 and only grow, so none is used for two requests");
        assert(effect.floor >= this.#floor, "the floor never falls");
        assert(effect.floor <= effect.seq && effect.seq < effect.floor + HALF, "at most half of the window is in use");
        assert(effect.tickets.length >= 1 && effect.tickets.length <= CONFIG.maxGroup, "groups are bounded");
        assert(effect.tickets.every((ticket) => !this.done.has(ticket)), "a finished command is not issued again");
        [this.#seq, this.#floor] = [effect.seq, effect.floor];
        assert(effect.tickets.every((ticket) => !this.#places.has(ticket)), "a command is under way once");
        effect.tickets.forEach((ticket, part) => this.#places.set(ticket, { request: effect.request, part }));
        return void this.#current.set(effect.request, "command");
      case "register":
        assert(![...this.#current.values()].includes("register"), "one register at a time");
        return void this.#current.set(effect.request, "register");
      case "send":
        assert(this.#current.has(effect.request), "only live requests are sent");
        return assert(effect.to === "all" || !effect.intervention, "an intervention goes to all");
      case "done":
        assert(this.#current.delete(effect.request), "only live requests end");
        return assert(
          [...this.#places.values()].every(({ request }) => request !== effect.request),
          "its commands ended",
        );
      case "reissued":
        return this.#leave(effect.ticket, effect.request);
      case "applied":
        assertEquals(this.#places.get(effect.ticket)?.part, effect.part, "a command has the result of its place");
        this.#leave(effect.ticket, effect.request);
        return this.#finish(effect.ticket);
      case "failed":
        if (effect.request !== null) this.#leave(effect.ticket, effect.request);
        return this.#finish(effect.ticket);
    }
  }

  #leave(ticket: number, request: number): void {
    assertEquals(this.#places.get(ticket)?.request, request, "a command ends where it is under way");
    this.#places.delete(ticket);
  }

  #finish(ticket: number): void {
    assert(!this.done.has(ticket), "a command finishes once");
    this.done.add(ticket);
  }
}

function take(session: Session, step: Step, tickets: number, now: number): SessionEffect[] {
  switch (step.step) {
    case "submit":
      return submit(session, submission(tickets + 1, now + step.wait, step.repeatable), now);
    case "pass":
      return tick(session, now);
    case "adopt": {
      const effects = adopt(session, { ...CONFIG, weak: step.weak }, now);
      for (let i = 0; i < step.weak; i++) effects.push(...noteHeight(session, `new ${i}`, 1000 + now, now));
      return effects;
    }
    case "cancel":
      return cancel(session, 1 + step.pick % (tickets + 1), now);
    case "answer": {
      const open = underWay(session);
      if (open.length === 0) return [];
      const request = open[step.pick % open.length]!;
      return settle(
        session,
        { request, outcome: step.outcome, executed: 1 + step.pick % 3, index: 1000 + request },
        now,
      );
    }
  }
}

Deno.test("for all runs, whatever rosters come: seqs of a session are never reused, the floor is monotone, every request finishes exactly once", () => {
  fc.assert(
    fc.property(steps, (run) => {
      const session = knowing(CONFIG);
      const watcher = new Watcher();
      let now = 0;
      let tickets = 0;
      for (const step of run) {
        if (step.step === "pass") now += step.ms;
        watcher.watch(take(session, step, tickets, now));
        if (step.step === "submit") tickets++;
        assert(session.outstanding.size <= HALF && session.queue.length <= CONFIG.maxQueued);
        assert(underWay(session).length === 0 || session.dueAt < Infinity, "an open request has something due");
      }
      for (let rounds = 0; session.dueAt < Infinity; rounds++) {
        assert(rounds < 2000, "a session comes to rest");
        now = Math.max(now, session.dueAt);
        watcher.watch(tick(session, now));
      }
      assertEquals(watcher.done.size, tickets);
      assertEquals([session.outstanding.size, session.queue.length], [0, 0]);
    }),
    { numRuns: 500 },
  );
});

Deno.test("for all failures of the leader: an unanswered request reaches every replica as an intervention in bounded time", () => {
  fc.assert(fc.property(fc.integer(), fc.integer({ min: 1000, max: 20_000 }), (seed, wait) => {
    const session = knowing({ ...CONFIG, seed });
    session.current = { id: 1, floor: 1, nextSeq: 1, open: new Set() };
    submit(session, submission(1, wait, false), 0);
    const times: number[] = [];
    while (session.dueAt < wait) {
      const now = session.dueAt;
      for (const effect of tick(session, now)) {
        if (effect.effect === "send" && effect.intervention) times.push(now);
      }
    }
    assertEquals(times[0], 120);
    const gaps = times.slice(1).map((at, i) => at - times[i]!);
    assert(gaps.every((gap) => gap >= 80 * 0.75 && gap <= 300 * 1.25 + 1e-9), `gaps ${gaps}`);
  }));
});
