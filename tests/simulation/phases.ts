/** The phases of a run: faults, then healing, and then demands on the honest replicas. */
import type { Millis } from "../../protocol/ids.ts";
import { followsAnew, hasStable, highestCommit, isLevel, isSettled, mostFollowed, sharesLeader } from "./liveness.ts";
import { ViolationError } from "./observer.ts";
import type { Simulation } from "./simulation.ts";

/** Interval at which a condition is checked. */
const SLICE_MS = 50;
/** Election timeout above which repair must do without an election, if there is a leader that every replica knows. */
const PATIENT_TIMEOUT_MS = 10_000;
const PATIENT_BOUND_MS = 5_000;
/** Maximum number of leaders that may come and go until a learner has rejoined. */
const MAX_LEADERS = 12;

/** Runs a simulation to its end. Throws ViolationError if something demanded does not happen in time. */
export function play(simulation: Simulation): void {
  const { plan, scheduler, stats } = simulation;
  scheduler.elapse(plan.safetyMs);
  if (plan.oneLeader) requireOneLeader(simulation);
  simulation.heal();
  const healedAt = simulation.now;
  if (simulation.exceeds) {
    stats.exceeded++;
    simulation.resumeClients(0);
    scheduler.elapse(plan.livenessMs / 2);
    if (simulation.exceeds) return;
  }
  reachLastEpoch(simulation);
  if (plan.quiet) {
    simulation.pauseClients();
    const { bound, why } = settlingBound(simulation);
    waitFor(simulation, bound, why, () => isSettled(simulation));
    agreeOnCheckpoint(simulation);
  }
  serve(simulation, plan.serviceMs);
  stats.livenessMs = simulation.now - healedAt - plan.serviceMs;
  rejoin(simulation);
  if (plan.restMs === 0) return;
  // In the middle of operations: what is half done then has no successor for long.
  simulation.resumeClients(plan.restMs);
  scheduler.elapse(3 * plan.constants.electionTimeoutMs);
  simulation.pauseClients();
  scheduler.elapse(plan.restMs);
  dropLeader(simulation);
  serve(simulation, 0);
}

/** Demands that every change of the roster is done, and every member in the last epoch. */
function reachLastEpoch(simulation: Simulation): void {
  const { plan } = simulation;
  const changes = plan.reconfiguration?.changes.length ?? 0;
  if (changes === 0) return;
  simulation.resumeClients(0);
  waitFor(simulation, changes * plan.livenessMs, "reaching the last epoch", () => simulation.isInLastEpoch);
}

/** Demands that the leader found first is the only one there was (§14.9). */
function requireOneLeader(simulation: Simulation): void {
  const terms = simulation.survivors.map((id) => simulation.node(id).state?.hard.currentTerm ?? 0);
  const highest = Math.max(...terms);
  if (highest !== 1) {
    throw new ViolationError("live", `term ${highest}, though nothing was reason to leave the first one`);
  }
}

/** Demands that every client gets everything answered, all replicas reach one state, and agree on its last checkpoint. */
function serve(simulation: Simulation, serviceMs: Millis): void {
  const { plan } = simulation;
  simulation.resumeClients(serviceMs);
  waitFor(simulation, serviceMs + plan.livenessMs, "serving every client", () => simulation.served);
  waitFor(simulation, plan.livenessMs, "bringing everyone to one state", () => isLevel(simulation));
  agreeOnCheckpoint(simulation);
}

/** Demands that the last checkpoint due is stable everywhere, with or without anything more to do. */
function agreeOnCheckpoint(simulation: Simulation): void {
  const { last: { constants: { checkpointEvery } }, plan: { livenessMs } } = simulation;
  const last = Math.floor(highestCommit(simulation) / checkpointEvery) * checkpointEvery;
  waitFor(simulation, livenessMs, `agreeing on checkpoint ${last}`, () => hasStable(simulation, last));
}

/** Demands that learners are full replicas again once a term above all those they may have signed in has committed something (§8.4). */
function rejoin(simulation: Simulation): void {
  const { plan } = simulation;
  for (let leaders = 0; simulation.learners.length > 0; leaders++) {
    if (leaders === MAX_LEADERS) {
      throw new ViolationError("live", `${simulation.learners} are learners after ${leaders} changes of leader`);
    }
    const follows = followsAnew(simulation);
    dropLeader(simulation);
    simulation.resumeClients(0);
    const rejoined = () => simulation.learners.length === 0 || (follows() && simulation.served && isLevel(simulation));
    waitFor(simulation, plan.livenessMs, "committing under another leader", rejoined);
    simulation.scheduler.elapse(2 * plan.constants.electionTimeoutMs);
  }
  waitFor(simulation, plan.livenessMs, "bringing everyone to one state", () => isLevel(simulation));
  agreeOnCheckpoint(simulation);
}

/** Takes the leader down for a moment, so that there will be another one. */
function dropLeader(simulation: Simulation): void {
  const leader = mostFollowed(simulation);
  if (leader !== null && simulation.node(leader).state !== null) simulation.bounce(leader);
}

/** Returns the time to settle in: replicas that share a leader, and would not elect another for long, must settle before they could. */
function settlingBound(simulation: Simulation): { readonly bound: Millis; readonly why: string } {
  const { constants, livenessMs } = simulation.plan;
  // Who began without the state may have asked a silent replica for it.
  const patient = simulation.last.epoch === 1 && constants.electionTimeoutMs >= PATIENT_TIMEOUT_MS &&
    sharesLeader(simulation);
  return patient
    ? { bound: PATIENT_BOUND_MS, why: "settling under the leader at hand" }
    : { bound: livenessMs, why: "settling without any client's help" };
}

function waitFor({ scheduler }: Simulation, bound: Millis, what: string, done: () => boolean): void {
  const end = scheduler.now + bound;
  while (!done()) {
    if (scheduler.now >= end) {
      throw new ViolationError("live", `${what} took more than ${bound} ms after the network healed`);
    }
    scheduler.elapse(SLICE_MS);
  }
}
