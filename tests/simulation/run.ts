/** Runs a plan to its verdict: safety under everything, then liveness once the network has healed. */
import type { Millis, ReplicaId } from "../../replica/core/ids.ts";
import type { CoreState } from "../../replica/core/state.ts";
import { createCheckers } from "./checkers/mod.ts";
import { History } from "./checkers/history.ts";
import { fanOut } from "./fan_out.ts";
import { isLevel, isSettled, sharesLeader } from "./liveness.ts";
import { type Observer, type RunFacts, type Violation, ViolationError } from "./observer.ts";
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
  const counter = countEvents();
  const checkers = createCheckers(factsOf(plan), { clauses: plan.clauses });
  const history = new History();
  const observer = fanOut([watch.observer, counter, checkers]);
  const handled = watch.handled ? { handled: watch.handled } : {};
  const simulation = new Simulation({ plan, crypto, observer, history, ...handled });
  const violation = judge(() => {
    play(simulation);
    checkers.finish();
    return history.check();
  });
  const endedAt = simulation.now;
  const operations = simulation.clients.reduce((sum, { finished }) => sum + finished, 0);
  const { undecided } = history;
  const stats = { ...simulation.stats, ...counter.counts(), operations, virtualMs: endedAt, undecided };
  return { plan, violation, endedAt, stats };
}

const factsOf = ({ replicas, byzantine, constants }: Plan): RunFacts => ({
  clusterId: CLUSTER,
  replicas,
  byzantine: new Set(byzantine.map(({ replica }) => replica)),
  fastReads: constants.fastReads,
});

/** The violation that `run` returns or throws; anything else it throws is no verdict, and passes through. */
function judge(run: () => Violation | null): Violation | null {
  try {
    return run();
  } catch (error) {
    if (error instanceof ViolationError) return { invariant: error.invariant, detail: error.detail };
    throw error;
  }
}

/** Counts terms with a leader, and the highest commit. */
function countEvents(): Observer & { counts(): { elections: number; commits: number } } {
  const terms = new Set<number>();
  let commits = 0;
  return {
    event(_, { event, fields }) {
      if (event === "leader") terms.add(Number(fields["term"]));
      if (event === "committed") commits = Math.max(commits, Number(fields["index"]));
    },
    counts: () => ({ elections: terms.size, commits }),
  };
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
