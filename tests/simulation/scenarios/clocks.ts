/** Log time (§15) among clocks that run too fast and too slow, replicas that stand still, and faulty ones that lie about it. */
import { LIMITS } from "../../../protocol/limits.ts";
import { leadFirst } from "../checkers/pace_demands.ts";
import type { ClientPlan, CrashFault, Fault, PauseFault, Plan } from "../plan/plan.ts";
import type { Rng } from "../plan/rng.ts";
import { toleratedBy } from "../plan/tolerance.ts";
import { brisk, restart, type Scenario, unitOf } from "./scenario.ts";

/** Longest that replicas stand still, in milliseconds. */
const STILL_MS = 12_000;
const RUN_MS = 24_000;

/** A calm cluster whose clocks are a fifth wrong at most, and whose machine waits for log time. */
function clocked(drawn: Plan, rng: Rng): Plan {
  const plan = brisk(drawn, rng);
  const clients = drawn.clients.filter(({ behaviour }) => behaviour === "honest");
  return {
    ...plan,
    latencyMs: rng.pick([[1, 1], [1, 20], [20, 60]] as const),
    clocks: plan.replicas.map(() => rng.between(0.8, 1.2)),
    clients: [
      ...clients.map((client) => ({ ...client, operations: 400, thinkMs: 500, intervenes: true })),
      lessee(clients[0]!),
    ],
    safetyMs: RUN_MS,
    waits: true,
  };
}

/** A client that has leases, and does not look at what comes of them. */
const lessee = (like: ClientPlan): ClientPlan => ({
  ...{ ...like, id: "lessee", behaviour: "lessee", process: 0, restarts: 0 },
  ...{ operations: 1000, thinkMs: 300, keys: 6 },
});

/** Nothing waits for log time but leases, which come and go, while replicas stand still and restart. */
export const leases: Scenario = (drawn, rng) => {
  const { waits: _, ...plan } = clockStops(drawn, rng);
  return plan;
};

const faultyOf = (plan: Plan): number => toleratedBy(plan.replicas.length, plan.constants.profile);

/** Faulty replicas state what they like, and log time keeps up with the slower honest clocks. */
export const clockLiars: Scenario = (drawn, rng) => {
  const plan = clocked(drawn, rng);
  const actor = rng.pick(["clock-ahead", "clock-stopped", "clock-backwards", "clock-flooder", "clock-sleeper"]);
  const liars = rng.shuffle(plan.replicas).slice(0, faultyOf(plan));
  const byzantine = liars.map((replica) => ({ replica, actors: [actor], turnMs: null }));
  return { ...plan, byzantine, timeRuns: { share: 1, slackMs: 6000 + 8 * unitOf(plan) } };
};

/** Replicas stand still, some or all of them, and restart; then log time must not catch up with what clocks read meanwhile. */
export const clockStops: Scenario = (drawn, rng) => {
  const plan = clocked(drawn, rng);
  const liars = rng.shuffle(plan.replicas).slice(0, faultyOf(plan));
  const byzantine = liars.map((replica) => ({ replica, actors: ["clock-sleeper"], turnMs: null }));
  const honest = plan.replicas.filter((id) => !liars.includes(id));
  const faults = Array.from({ length: 3 }, (_, i): Fault[] => {
    const from = 2000 + i * RUN_MS / 3 + rng.between(0, 2000);
    const still = rng.shuffle(honest).slice(0, rng.int(1, honest.length));
    return rng.chance(0.7) ? pauses(still, from, rng) : still.map((id) => crash(from, id, rng));
  });
  return { ...plan, byzantine, faults: faults.flat() };
};

const pauses = (still: Plan["replicas"], from: number, rng: Rng): PauseFault[] => {
  const to = from + rng.between(STILL_MS / 4, STILL_MS / 2);
  return still.map((replica) => ({ kind: "pause", from, to, replica }));
};

const crash = (from: number, id: Plan["replicas"][number], rng: Rng): CrashFault =>
  restart(from, id, rng.between(10, STILL_MS / 4));

/** Leaders come and go all the time, by their terms of office and by restarts: that costs log time nothing but the moments without one. */
export const clockRotation: Scenario = (drawn, rng) => {
  const plan = clocked(drawn, rng);
  const constants = { ...plan.constants, officeMs: 4 * unitOf(plan) };
  const faults = plan.replicas.map((id, i) => restart(3000 + (i + 1) * RUN_MS / (plan.replicas.length + 2), id, 500));
  return { ...plan, constants, faults, timeRuns: { share: 1, slackMs: 6000 + 8 * unitOf(plan) } };
};

/** Faulty replicas lead first, and leave out, repeat or forge what others state. */
export const clockLeaders: Scenario = (drawn, rng) => {
  const plan = clocked(drawn, rng);
  const actor = rng.pick(["clock-withholder", "clock-repeater", "clock-forger"]);
  const leaders = leadFirst(plan.replicas, faultyOf(plan));
  const byzantine = leaders.map((replica) => ({ replica, actors: [actor], turnMs: null }));
  const perLeader = (plan.constants.patienceMs + LIMITS.clockLeadMs) / 0.6 + 6 * unitOf(plan);
  const slackMs = 5000 + faultyOf(plan) * perLeader;
  return { ...plan, byzantine, timeRuns: { share: 0.6, slackMs } };
};
