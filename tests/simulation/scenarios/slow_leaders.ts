/** Leaders that serve late, to all or to some, on a good network and with clients that never intervene: their pace alone speaks against them (§14.8). */
import type { Millis } from "../../../protocol/ids.ts";
import { quorumOf } from "../../../protocol/quorum.ts";
import { leadFirst } from "../checkers/pace_demands.ts";
import type { ClientPlan, Plan } from "../plan/plan.ts";
import type { Rng } from "../plan/rng.ts";
import { brisk, type Scenario, unitOf } from "./scenario.ts";

/** Election timeouts until a first leader is found, and until its clients have their sessions from it, however late. */
const BEGUN = 8;
/** Election timeouts in which a slow leader has come and gone. */
const GONE = 8;
/** Clients beyond what one replica passes on within half a pace (§7.5i). */
const CROWD = 70;

/** The faulty replicas lead first, and are slow in ways that all delay somebody for two and a half election timeouts. */
export const slowLeaders: Scenario = (drawn, rng) => {
  const plan = calm(drawn, rng);
  return led(plan, [rng.pick(["slow", "smooth-slow-leader", "favouring-leader", "colluding-censor"])]);
};

/** They leave out one client, and order all the time what a faulty one sends. */
export const censors: Scenario = (drawn, rng) => {
  const plan = led(calm(drawn, rng), ["colluding-censor"]);
  const unit = unitOf(plan);
  const friend = {
    ...plan.clients[0]!,
    id: "mallory",
    behaviour: "far-floors",
    operations: 100_000,
    thinkMs: unit / 20,
  } as const;
  return { ...plan, clients: [...plan.clients, friend] };
};

/** They order at once, and let one follower alone see it. All waits are below the shortest timer. */
export const partialShowers: Scenario = (drawn, rng) => {
  const plan = calm(drawn, rng, 0.4);
  return led(plan, ["partial-shower"]);
};

/** Honest clocks run at different speeds, so that at each request one replica alone has had enough. */
export const unevenClocks: Scenario = (drawn, rng) => {
  const plan = led(calm(drawn, rng, 1.4), ["smooth-slow-leader"]);
  const faulty = new Set(plan.byzantine.map(({ replica }) => replica));
  const [hasty] = plan.replicas.filter((id) => !faulty.has(id));
  return { ...plan, clocks: plan.replicas.map((id) => faulty.has(id) ? 1 : id === hasty ? 1.2 : 0.85) };
};

/** They stay below what anybody holds against them: the floor of service that the roster's pace buys. */
export const floorLeaders: Scenario = (drawn, rng) => {
  const { honestFromMs: _, ...plan } = led(calm(drawn, rng), ["floor-leader"]);
  return { ...plan, mostLeaders: 1, longestWaitMs: 1.25 * plan.constants.paceMs };
};

/** Links so long that no leader can keep the roster's pace: leaders change until the pace is what can be had, and then no more. */
export const longLinks: Scenario = (drawn, rng) => {
  const { noneTooSlow: _, ...plan } = calm(drawn, rng);
  const unit = unitOf(plan);
  const constants = { ...plan.constants, electionTimeoutMs: 4 * unit, electionTimeoutCapMs: 32 * unit, paceMs: unit };
  const { f } = quorumOf(plan.replicas.length);
  return {
    ...plan,
    constants,
    latencyMs: [0.6 * unit, 0.7 * unit],
    safetyMs: 120 * unit,
    livenessMs: 4 * plan.livenessMs,
    mostLeaders: 1 + 3 * (f + 1),
  };
};

/** Disks are slow, and clients show followers what an honest leader cannot hurry by itself: of many sessions the last in turn, or far ahead. */
export const framers: Scenario = (drawn, rng) => {
  const plan = calm(drawn, rng);
  const unit = 600;
  const framing = rng.pick(["sessions", "floors"] as const);
  const constants = {
    ...plan.constants,
    ...{ electionTimeoutMs: unit, heartbeatMs: unit / 10, paceMs: unit, patienceMs: 2 * unit },
    ...{ sessionWindow: 64, sessionsPerClient: 64 },
  };
  const mallory = {
    ...plan.clients[0]!,
    id: "mallory",
    behaviour: "framer",
    framing,
    thinkMs: unit / 20,
    operations: 200,
  } as const;
  return { ...plan, constants, writeMs: 7, clients: [...plan.clients, mallory], safetyMs: 20 * unit };
};

/** So many clients show one follower alone that it cannot pass all of it on. */
export const framingCrowds: Scenario = (drawn, rng) => {
  const plan = calm(drawn, rng);
  const unit = unitOf(plan);
  const one = { ...plan.clients[0]!, behaviour: "framer", framing: "crowd", thinkMs: 60, operations: 150 } as const;
  const crowd = Array.from({ length: CROWD }, (_, i) => ({ ...one, id: `m${i}` }));
  return { ...plan, clients: [...plan.clients.slice(0, 1), ...crowd], latencyMs: [1, 1], safetyMs: 15 * unit };
};

/** Returns `plan` on a good network, with a pace of so many election timeouts, and honest clients that have something to write all the time. */
function calm(drawn: Plan, rng: Rng, pace = 1): Plan {
  const brief = brisk(drawn, rng);
  const unit = unitOf(brief);
  const paceMs: Millis = Math.round(pace * unit);
  const writer = (client: ClientPlan): ClientPlan => ({
    ...client,
    ...{ behaviour: "honest", intervenes: false, process: 0, restarts: 0, operations: 100_000, reads: 0.1, keys: 1000 },
    ...{ concurrency: rng.int(1, 2), thinkMs: rng.pick([unit / 20, unit / 5]) },
  });
  return {
    ...brief,
    latencyMs: [1, 5],
    clocks: brief.replicas.map(() => 1),
    constants: {
      ...brief.constants,
      paceMs,
      patienceMs: 2 * paceMs,
      checkpointEvery: 1000,
      logTail: 1000,
      registrationHorizon: 100_000,
      fastReads: false,
    },
    clients: ["c1", "c2", "c3"].map((id) => ({ ...writer(drawn.clients[0]!), id })),
    noneTooSlow: true,
  };
}

/** Returns `plan` with as many faulty replicas as there may be; they lead first, and are gone in time. */
function led(plan: Plan, actors: readonly string[]): Plan {
  const unit = unitOf(plan);
  const { f } = quorumOf(plan.replicas.length);
  const honestFromMs = (BEGUN + f * GONE) * unit;
  return {
    ...plan,
    byzantine: leadFirst(plan.replicas, f).map((replica) => ({ replica, actors, turnMs: null })),
    safetyMs: honestFromMs + 4 * unit,
    honestFromMs,
  };
}
