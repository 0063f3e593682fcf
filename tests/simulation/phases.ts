/** The phases of a run: faults, then healing, and what is demanded of the honest replicas after it. */
import type { Millis } from "../../protocol/ids.ts";
import { followsAnew, hasStable, highestCommit, isLevel, isSettled, mostFollowed, sharesLeader } from "./liveness.ts";
import { ViolationError } from "./observer.ts";
import type { Simulation } from "./simulation.ts";

/** How often it is looked whether what is waited for has happened. */
const SLICE_MS = 50;
/** With an election timeout above this, and a leader that everyone knows, repair must do without an election. */
const PATIENT_TIMEOUT_MS = 10_000;
const PATIENT_BOUND_MS = 5_000;
/** Leaders that may come and go until a learner has rejoined. */
const MAX_LEADERS = 12;

/** Runs a simulation to its end. Throws ViolationError where something demanded does not happen in time. */
export function play(simulation: Simulation): void {
  const { plan, scheduler, stats } = simulation;
  scheduler.elapse(plan.safetyMs);
  simulation.heal();
  const healedAt = simulation.now;
  if (simulation.exceeds) {
    stats.exceeded++;
    simulation.resumeClients(0);
    scheduler.elapse(plan.livenessMs / 2);
    if (simulation.exceeds) return;
  }
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
  // In the midst of things: what is half done then has no successor for long.
  simulation.resumeClients(plan.restMs);
  scheduler.elapse(3 * plan.constants.electionTimeoutMs);
  simulation.pauseClients();
  scheduler.elapse(plan.restMs);
  dropLeader(simulation);
  serve(simulation, 0);
}

/** Every client gets everything answered, all replicas come to one state, and agree on its last checkpoint. */
function serve(simulation: Simulation, serviceMs: Millis): void {
  const { plan } = simulation;
  simulation.resumeClients(serviceMs);
  waitFor(simulation, serviceMs + plan.livenessMs, "serving every client", () => simulation.served);
  waitFor(simulation, plan.livenessMs, "bringing everyone to one state", () => isLevel(simulation));
  agreeOnCheckpoint(simulation);
}

/** The last checkpoint that is due is stable everywhere, with or without anything more to do. */
function agreeOnCheckpoint(simulation: Simulation): void {
  const { constants: { checkpointEvery }, livenessMs } = simulation.plan;
  const last = Math.floor(highestCommit(simulation) / checkpointEvery) * checkpointEvery;
  waitFor(simulation, livenessMs, `agreeing on checkpoint ${last}`, () => hasStable(simulation, last));
}

/** Learners are full replicas again once a term above all those they may have signed in has committed something (§8.4). */
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

/** Whoever leads goes down for a moment, so that there will be another leader. */
function dropLeader(simulation: Simulation): void {
  const leader = mostFollowed(simulation);
  if (leader !== null && simulation.node(leader).state !== null) simulation.bounce(leader);
}

/** Replicas that share a leader, and would not elect another for long, have to settle before they could. */
function settlingBound(simulation: Simulation): { readonly bound: Millis; readonly why: string } {
  const { constants, livenessMs } = simulation.plan;
  const patient = constants.electionTimeoutMs >= PATIENT_TIMEOUT_MS && sharesLeader(simulation);
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
