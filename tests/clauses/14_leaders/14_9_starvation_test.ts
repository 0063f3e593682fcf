import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { judgedTime, takeLateness } from "../../../replica/core/offices/judged_clock.ts";
import { ElectionLab } from "../support/election_lab.ts";
import { GENESIS, grow, preVote, request } from "../support/forge.ts";

const T = 1000;
const STEP_MS = 100;

/** Lets `ms` pass in ticks that come every 100 ms, each so late, until `done`; returns whether that came to be. */
function starve(lab: ElectionLab, ms: number, lateMs: number, done = () => lab.suspects): boolean {
  for (const end = lab.now + ms; lab.now < end && !done();) {
    lab.now += STEP_MS;
    lab.run([{ kind: "tick", lateMs }]);
  }
  return done();
}

Deno.test("§14.9a what a replica did not get to run is no part of its election timer, with a leader or without", () => {
  for (const led of [true, false]) {
    const lab = new ElectionLab();
    if (led) {
      lab.follow("r2", 1);
      lab.append(GENESIS, grow(GENESIS, 1, 1));
    }
    assert(!starve(lab, 9 * T / 2, 80), "a fifth of 4.5 timeouts is less than the least timer");
    assert(starve(lab, 6 * T, 80), "a fifth of 10.5 timeouts is more than the longest");
  }
});

Deno.test("§14.9a nor of patience, for which its leader serves all others", () => {
  const lab = new ElectionLab({ constants: { electionTimeoutMs: 16_000, electionTimeoutCapMs: 16_000 } });
  lab.follow("r2", 1);
  assertEquals(lab.request(request(1)), "accept");
  assert(!starve(lab, 9000, 80));
  assert(starve(lab, 1500, 80));
});

Deno.test("§14.9a turns and repetitions count it like all time", () => {
  const [late, onTime] = [80, 0].map((lateMs) => {
    const lab = new ElectionLab();
    lab.follow("r2", 1);
    lab.request(request(1));
    lab.take("ForwardedRequest");
    starve(lab, 900, lateMs, () => false);
    return lab.take("ForwardedRequest").map(({ at }) => at);
  });
  assert(late!.length >= 3);
  assertEquals(late, onTime);
  const voters = [80, 0].map((lateMs) => {
    const lab = new ElectionLab();
    lab.suspect();
    lab.receive(...lab.peers.map((id) => preVote(id, 4)));
    const from = lab.now;
    assert(starve(lab, 5 * T, lateMs, () => lab.state.hard.currentTerm === 4), "its turn came");
    return lab.now - from;
  });
  assertEquals(voters[0], voters[1]);
});

Deno.test("§14.9b who is late for ever suspects a silent leader after its credit, at a quarter of the speed", () => {
  const lab = new ElectionLab();
  lab.follow("r2", 1);
  assert(!starve(lab, 16 * T, STEP_MS), "the credit: 4 timeouts, of which each second costs a quarter");
  assert(starve(lab, 8 * T + STEP_MS, STEP_MS), "two timeouts at a quarter of the speed");
});

Deno.test("§14.9b the judged clock never goes back, nor slower than a quarter but for the credit", () => {
  const ticks = fc.array(
    fc.record({ passed: fc.integer({ min: 1, max: T / 2 }), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
  );
  fc.assert(fc.property(ticks, (turns) => {
    const lab = new ElectionLab();
    const from = lab.now;
    let before = judgedTime(lab.state, lab.now);
    for (const { passed, share } of turns) {
      lab.now += passed;
      takeLateness(lab.context(), passed * share);
      const judged = judgedTime(lab.state, lab.now);
      assert(judged >= before - 1e-6 && judged <= lab.now);
      before = judged;
    }
    assert(before - from >= (lab.now - from) / 4 - 4 * T - 1e-6);
  }));
});

Deno.test("§14.9b the credit grows no further than it was at first", () => {
  const lab = new ElectionLab();
  lab.follow("r2", 1);
  starve(lab, 20 * T, 0, () => false);
  assertEquals(lab.state.clock.credit, 4 * T);
  starve(lab, 4 * T, STEP_MS, () => false);
  assertEquals(lab.state.clock.credit, 4 * T - STEP_MS - 39 * STEP_MS / 4); // a full one grows no further
});

Deno.test("§14.9c a process that was stopped holds nothing against its leader, and that costs it half a timeout", () => {
  const lab = new ElectionLab();
  lab.follow("r2", 1);
  lab.append(GENESIS, grow(GENESIS, 1, 1));
  lab.elapse(STEP_MS);
  lab.now += 60_000;
  lab.run([{ kind: "tick", lateMs: 60_000 - 20 }]);
  assert(!lab.suspects);
  assertEquals(lab.state.clock.credit, 3.5 * T);
  assert(!lab.wait(T - STEP_MS - 30, () => lab.suspects));
  assert(lab.wait(T, () => lab.suspects), "a leader that is silent from then on is suspected in the usual time");
});

Deno.test("§14.9d what a replica says of its lateness is in no message, and nobody else's clock", () => {
  const [late, onTime] = [90, 0].map((lateMs) => {
    const lab = new ElectionLab();
    lab.follow("r2", 1);
    lab.append(GENESIS, grow(GENESIS, 3, 1));
    starve(lab, 900, lateMs, () => false);
    return [lab.take("AppendEntriesResponse"), lab.suspects];
  });
  assert((late![0] as unknown[]).length > 3);
  assertEquals(late, onTime);
});
