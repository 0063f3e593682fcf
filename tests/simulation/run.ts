/** Runs a plan to its verdict: safety under everything, then liveness once the network has healed. */
import { quorumSizes } from "../../client/reply_tally.ts";
import type { Millis, ReplicaId } from "../../replica/core/ids.ts";
import { lastIndex } from "../../replica/core/log.ts";
import type { CoreState } from "../../replica/core/state.ts";
import { createCheckers } from "./checkers/mod.ts";
import { History } from "./checkers/history.ts";
import { fanOut } from "./fan_out.ts";
import { type Observer, type Violation, ViolationError } from "./observer.ts";
import type { Plan } from "./plan.ts";
import type { SimCrypto } from "./sim_crypto.ts";
import { CLUSTER, Simulation } from "./simulation.ts";
import type { RunStats } from "./stats.ts";

export interface RunResult {
  readonly plan: Plan;
  readonly violation: Violation | null;
  /** Virtual time at the end. */
  readonly endedAt: Millis;
  readonly stats: RunStats;
}

/** Something that looks at a run from outside. */
export interface RunWatch {
  readonly observer: Observer;
  readonly handled?: (at: ReplicaId, state: CoreState | null, now: Millis) => void;
}

/** How often it is looked whether what is waited for has happened. */
const SLICE_MS = 50;
/** With an election timeout above this, and a leader that everyone knows, repair must do without an election. */
const PATIENT_TIMEOUT_MS = 10_000;
const PATIENT_BOUND_MS = 5_000;

/** Runs `plan`; what it shows goes to `watch` too. */
export function runPlan(plan: Plan, crypto: SimCrypto, watch: RunWatch = { observer: {} }): RunResult {
  const terms = new Set<number>();
  let commits = 0;
  const counter: Observer = {
    event: (_, { event, fields }) => {
      if (event === "leader") terms.add(Number(fields["term"]));
      if (event === "committed") commits = Math.max(commits, Number(fields["index"]));
    },
  };
  const checkers = createCheckers({
    clusterId: CLUSTER,
    replicas: plan.replicas,
    byzantine: new Set(plan.byzantine.map(({ replica }) => replica)),
    fastReads: plan.constants.fastReads,
  }, { clauses: plan.clauses });
  const history = new History();
  let simulation: Simulation | null = null;
  let violation: Violation | null = null;
  try {
    const observer = fanOut([watch.observer, counter, checkers]);
    simulation = new Simulation({
      plan,
      crypto,
      observer,
      history,
      ...(watch.handled ? { handled: watch.handled } : {}),
    });
    play(simulation);
    checkers.finish();
    violation = history.check();
  } catch (error) {
    if (!(error instanceof ViolationError)) throw error;
    violation = { invariant: error.invariant, detail: error.detail };
  }
  const endedAt = simulation?.now ?? 0;
  const operations = simulation?.clients.reduce((sum, { finished }) => sum + finished, 0) ?? 0;
  const stats = {
    ...simulation!.stats,
    elections: terms.size,
    commits,
    operations,
    virtualMs: endedAt,
    undecided: history.undecided,
  };
  return { plan, violation, endedAt, stats };
}

function play(simulation: Simulation): void {
  const { plan, scheduler } = simulation;
  scheduler.elapse(plan.safetyMs);
  simulation.heal();
  const healedAt = simulation.now;
  if (plan.quiet) {
    simulation.pauseClients();
    const { bound, why } = settlingBound(simulation);
    waitFor(simulation, bound, why, () => isSettled(simulation));
  }
  simulation.resumeClients();
  waitFor(simulation, plan.serviceMs + plan.livenessMs, "serving every client", () => simulation.served);
  waitFor(simulation, plan.livenessMs, "bringing everyone to one state", () => isLevel(simulation));
  simulation.stats.livenessMs = simulation.now - healedAt - plan.serviceMs;
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

const statesOf = (simulation: Simulation): (CoreState | null)[] =>
  simulation.survivors.map((id) => simulation.node(id).state);

/** All survivors follow one of them in one term. */
function sharesLeader(simulation: Simulation): boolean {
  const states = statesOf(simulation);
  const leader = states[0]?.term.leader ?? null;
  return leader !== null && simulation.survivors.includes(leader) &&
    states.every((state) => state?.term.leader === leader && state.hard.currentTerm === states[0]!.hard.currentTerm);
}

/**
 * All have committed the same, and nothing more will happen until a client asks for something: either a quorum follows one of the
 * survivors in one term with nothing uncommitted; or nobody has anything uncommitted, and enough follow one of them (f + 1, so that no
 * f + 1 are ahead of them). Replicas left in other terms join at the next election, which the next request brings about (§6.1).
 */
function isSettled(simulation: Simulation): boolean {
  if (!isLevel(simulation)) return false;
  const states = statesOf(simulation);
  const followers = new Map<string, number>();
  let quiet = true;
  for (const state of states) {
    const { hard, term, log, commitIndex } = state!;
    if (lastIndex(log) > commitIndex) quiet = false;
    else if (term.leader !== null && simulation.survivors.includes(term.leader)) {
      const key = `${hard.currentTerm} ${term.leader}`;
      followers.set(key, (followers.get(key) ?? 0) + 1);
    }
  }
  const { quorum, weak } = quorumSizes(simulation.plan.replicas.length);
  return Math.max(0, ...followers.values()) >= (quiet ? weak : quorum);
}

/** Every survivor has applied all that any honest replica committed. */
function isLevel(simulation: Simulation): boolean {
  const states = statesOf(simulation);
  const highest = Math.max(...states.map((state) => state?.commitIndex ?? 0));
  return states.every((state) => state?.commitIndex === highest && state.appliedIndex === highest);
}
