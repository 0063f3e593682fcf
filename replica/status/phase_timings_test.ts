import { assertAlmostEquals, assertEquals } from "@std/assert";
import type { Input } from "../core/input.ts";
import type { CoreState } from "../core/state.ts";
import { PhaseTimings } from "./phase_timings.ts";

const NOTHING = { kind: "flush" } as Input;

const requestOf = (seq: number) => ({ message: { kind: "SendRequest", client: "c1", session: 5, seq } });

function lab() {
  const clock = { now: 0 };
  const timings = new PhaseTimings(() => clock.now);
  const request = requestOf(1);
  const state = {
    log: { base: { index: 10 }, entries: [] as unknown[] },
    prepared: { index: 10 },
    commitIndex: 10,
    appliedIndex: 10,
    leadership: {} as object | null,
    requests: { pool: new Map<string, Map<number, Map<number, object>>>() },
  };
  /** Has the leader hold these requests, by their seqs, and no others. */
  const hold = (...seqs: readonly number[]) => {
    state.requests.pool.set("c1", new Map([[5, new Map(seqs.map((seq) => [seq, requestOf(seq)]))]]));
  };
  const look = (now: number, input: Input = NOTHING) => {
    clock.now = now;
    timings.look(state as unknown as CoreState, input, true);
  };
  const append = (...requests: readonly object[]) => state.log.entries.push({ entry: { requests } });
  look(0);
  return { clock, timings, state, request, hold, look, append };
}

const inMs = (timings: PhaseTimings) =>
  Object.fromEntries(
    Object.entries(timings.seconds).filter(([, { count }]) => count > 0).map((
      [phase, { count, sum }],
    ) => [phase, [count, Math.round(sum * 1000)]]),
  );

Deno.test("an entry's phases are timed from step to step", () => {
  const { timings, state, request, hold, look, append } = lab();
  hold(1);
  look(100, { kind: "request", request } as unknown as Input);
  hold();
  append(request);
  look(103);
  look(104);
  state.prepared.index = 11;
  look(110);
  state.commitIndex = 11;
  look(130);
  state.appliedIndex = 11;
  look(131);
  assertEquals(inMs(timings), { order: [1, 3], prepare: [1, 7], commit: [1, 20], apply: [1, 1] });
  assertEquals([timings.entryRequests.count, timings.entryRequests.sum], [1, 1]);
});

Deno.test("one request is followed at a time, until it is in the log or its leader is none", () => {
  const { timings, state, request, hold, look, append } = lab();
  hold(1, 2);
  look(100, { kind: "request", request } as unknown as Input);
  look(105, { kind: "request", request: requestOf(2) } as unknown as Input);
  // The copy of it that another replica passed on.
  append(requestOf(2), requestOf(1));
  look(110);
  assertEquals(inMs(timings)["order"], [1, 10]);
  hold(1);
  look(200, { kind: "request", request } as unknown as Input);
  state.leadership = null;
  append(requestOf(3));
  look(210);
  append(request);
  look(220);
  assertEquals(inMs(timings)["order"], [1, 10]);
});

Deno.test("a copy of a request that is in the log already is not followed in vain, nor one that is dropped", () => {
  const { timings, request, hold, look, append } = lab();
  append(request);
  look(90);
  look(100, { kind: "request", request } as unknown as Input);
  hold(2);
  look(110, { kind: "request", request: requestOf(2) } as unknown as Input);
  hold();
  append(requestOf(3));
  look(120);
  hold(4);
  look(130, { kind: "request", request: requestOf(4) } as unknown as Input);
  append(requestOf(4));
  look(135);
  // One that is put on the log by the step that took it.
  append(requestOf(5));
  look(140, { kind: "request", request: requestOf(5) } as unknown as Input);
  assertEquals(inMs(timings), { order: [2, 5] });
});

Deno.test("catching up, a truncated log and another core are not timed", () => {
  const { timings, state, look, append } = lab();
  for (let i = 0; i < 500; i++) append();
  state.prepared.index = state.commitIndex = state.appliedIndex = 510;
  look(50);
  assertEquals(inMs(timings), {});
  append();
  look(60);
  state.log.entries.pop();
  look(70);
  append();
  look(80);
  state.prepared.index = 511;
  look(95);
  assertEquals(inMs(timings), { prepare: [1, 15] });
  timings.look({ ...state, commitIndex: 0 } as unknown as CoreState, NOTHING, true);
  assertEquals(inMs(timings), { prepare: [1, 15] });
});

Deno.test("answers are timed by the clock", () => {
  const { clock, timings } = lab();
  clock.now = 8;
  timings.answered([], 5);
  assertAlmostEquals(timings.seconds.answer.sum, 0.003);
});
