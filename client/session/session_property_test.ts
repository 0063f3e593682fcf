import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  cancel,
  createSession,
  type Session,
  type SessionConfig,
  type SessionEffect,
  settle,
  submit,
  tick,
} from "./session.ts";

const START = 1_790_000_000_000_000;
const CONFIG: SessionConfig = {
  start: START,
  window: 10,
  maxQueued: 6,
  retry: { baseMs: 50, capMs: 200, jitter: 0.25 },
  intervention: { afterMs: 120, backoff: { baseMs: 80, capMs: 300, jitter: 0.25 } },
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
    readonly outcome: "applied" | "expired" | "ahead";
    readonly up: number;
  }
  | { readonly step: "cancel"; readonly pick: number };

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
      outcome: fc.constantFrom(
        "applied" as const,
        "applied" as const,
        "applied" as const,
        "expired" as const,
        "ahead" as const,
      ),
      up: fc.integer({ min: 0, max: 100_000_000 }),
    }),
    fc.record({ step: fc.constant("cancel" as const), pick: fc.nat() }),
  ),
  { maxLength: 120 },
);

/** Checks every effect as it comes out. */
class Watcher {
  readonly seqs = new Set<number>();
  readonly done = new Set<number>();
  #seq = 0;
  #floor = 0;
  readonly #current = new Map<number, number>();

  watch(effects: SessionEffect[]): void {
    for (const effect of effects) this.#one(effect);
  }

  #one(effect: SessionEffect): void {
    switch (effect.effect) {
      case "sign":
        assert(effect.seq > this.#seq, "seqs only grow, so none is used for two requests");
        assert(effect.floor >= this.#floor, "the floor never falls");
        assert(effect.floor <= effect.seq && effect.seq < effect.floor + HALF, "at most half of the window is in use");
        assert(!this.done.has(effect.ticket), "a finished request is not issued again");
        [this.#seq, this.#floor] = [effect.seq, effect.floor];
        this.#current.set(effect.ticket, effect.seq);
        return void this.seqs.add(effect.seq);
      case "send":
        assert([...this.#current.values()].includes(effect.seq), "only live requests are sent");
        return assert(effect.send === "all" || effect.kind === "SendRequest", "an intervention goes to all");
      case "renumbered":
        return void this.#current.delete(effect.ticket);
      case "applied":
      case "failed":
        assert(!this.done.has(effect.ticket), "a request finishes once");
        this.#current.delete(effect.ticket);
        return void this.done.add(effect.ticket);
    }
  }
}

function take(session: Session, step: Step, tickets: number, now: number): SessionEffect[] {
  switch (step.step) {
    case "submit":
      return submit(session, { ticket: tickets + 1, deadlineAt: now + step.wait, repeatable: step.repeatable }, now);
    case "pass":
      return tick(session, now);
    case "cancel":
      return cancel(session, 1 + step.pick % (tickets + 1), now);
    case "answer": {
      const open = [...session.outstanding.keys()];
      if (open.length === 0) return [];
      const seq = open[step.pick % open.length]!;
      return settle(session, { seq, outcome: step.outcome, floor: seq + step.up }, START + now * 1000, now);
    }
  }
}

Deno.test("for all runs: seqs are never reused, the floor is monotone, every request finishes exactly once", () => {
  fc.assert(
    fc.property(steps, (run) => {
      const session = createSession(CONFIG);
      const watcher = new Watcher();
      let now = 0;
      let tickets = 0;
      for (const step of run) {
        if (step.step === "pass") now += step.ms;
        watcher.watch(take(session, step, tickets, now));
        if (step.step === "submit") tickets++;
        assert(session.outstanding.size <= HALF && session.queue.length <= CONFIG.maxQueued);
        assert(session.outstanding.size === 0 || session.dueAt < Infinity, "an open request has something due");
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
    const session = createSession({ ...CONFIG, seed });
    submit(session, { ticket: 1, deadlineAt: wait, repeatable: false }, 0);
    const times: number[] = [];
    while (session.dueAt < wait) {
      const now = session.dueAt;
      for (const effect of tick(session, now)) {
        if (effect.effect === "send" && effect.kind === "UpdateLeader") times.push(now);
      }
    }
    assertEquals(times[0], 120);
    const gaps = times.slice(1).map((at, i) => at - times[i]!);
    assert(gaps.every((gap) => gap >= 80 * 0.75 && gap <= 300 * 1.25 + 1e-9), `gaps ${gaps}`);
  }));
});
