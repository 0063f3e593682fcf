/** Runs a plan to its verdict: safety under everything, then liveness once the network has healed. */
import type { Millis, ReplicaId } from "../../protocol/ids.ts";
import type { CoreState } from "../../replica/core/state.ts";
import { History } from "./checkers/history/history.ts";
import { createCheckers } from "./checkers/mod.ts";
import { officeDemands } from "./checkers/office_demands.ts";
import { paceDemands } from "./checkers/pace_demands.ts";
import { timeDemands } from "./checkers/time_demands.ts";
import { firstRoster } from "./epochs/reconfiguration.ts";
import { fanOut } from "./fan_out.ts";
import type { SimCrypto } from "./network/sim_crypto.ts";
import { type Observer, type RunFacts, type Violation, ViolationError } from "./observer.ts";
import { play } from "./phases.ts";
import type { Plan } from "./plan/plan.ts";
import { countEvents } from "./search/count_events.ts";
import type { RunStats } from "./search/stats.ts";
import { CLUSTER, Simulation } from "./simulation.ts";

export interface RunResult {
  readonly plan: Plan;
  readonly violation: Violation | null;
  /** Virtual time at the end. */
  readonly endedAt: Millis;
  readonly stats: RunStats;
}

/** An outside view of a run. */
export interface RunWatch {
  readonly observer: Observer;
  readonly handled?: (at: ReplicaId, state: CoreState | null, now: Millis) => void;
}

/** Runs `plan`; `watch` is shown the run too. */
export function runPlan(plan: Plan, crypto: SimCrypto, watch: RunWatch = { observer: {} }): RunResult {
  const counter = countEvents();
  const checkers = createCheckers(factsOf(plan), { clauses: plan.clauses });
  const history = new History();
  const observer = fanOut([
    watch.observer,
    counter,
    checkers,
    officeDemands(plan),
    paceDemands(plan),
    timeDemands(plan),
  ]);
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

/** Returns the facts that checkers of a run of this plan need. */
export const factsOf = (plan: Plan): RunFacts => {
  const { replicas, byzantine, constants } = plan;
  return {
    clusterId: CLUSTER,
    replicas,
    byzantine: new Set(byzantine.map(({ replica }) => replica)),
    profile: constants.profile,
    fastReads: constants.fastReads,
    sessionWindow: constants.sessionWindow,
    sessionsPerClient: constants.sessionsPerClient,
    registrationHorizon: constants.registrationHorizon,
    beginsWith: [],
    checkpointEvery: constants.checkpointEvery,
    electionTimeoutMs: constants.electionTimeoutMs,
    electionTimeoutCapMs: constants.electionTimeoutCapMs,
    roster: plan.reconfiguration ? firstRoster(plan) : null,
  };
};

/** Returns the violation that `run` returns or throws; anything else it throws is no verdict, and is rethrown. */
function judge(run: () => Violation | null): Violation | null {
  try {
    return run();
  } catch (error) {
    if (error instanceof ViolationError) return { invariant: error.invariant, detail: error.detail };
    throw error;
  }
}
