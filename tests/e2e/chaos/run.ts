/** One chaos run on a cluster of processes: attacks under load, then checks that all data is there and equal everywhere. */
import { presentLeader } from "../../../tasks/support/change_leader.ts";
import { eventually } from "../../../tasks/support/eventually.ts";
import type { LocalCluster } from "../../../tasks/support/local_cluster.ts";
import { Observer } from "../../../tasks/support/observer.ts";
import { ViolationError } from "../../simulation/observer.ts";
import { Attacker } from "./attacks.ts";
import { CHAOS_PREFIX, ChaosClients, type ClientTally } from "./chaos_clients.ts";
import { ChaosListeners } from "./chaos_listeners.ts";
import { Fleet, type FleetTally } from "./fleet.ts";
import type { ChaosPlan } from "./plan.ts";

/** Time a whole cluster may take to be level, with all members full. */
const SETTLE_MS = 60_000;
/** Time by which a run may outlast its plan. */
const PATIENCE_MS = 120_000;
const LAST_LINES = 40;

export interface ChaosResult {
  readonly plan: ChaosPlan;
  readonly clients: ClientTally;
  readonly fleet: FleetTally;
  readonly attacks: Readonly<Record<string, number>>;
  readonly keys: number;
  readonly operations: number;
  /** Number of keys for which the search for an order was given up. */
  readonly undecided: number;
  /** Changes that each of the listeners heard of, once and in order. */
  readonly heard: number;
  readonly listeners: number;
  readonly finalIndex: number | null;
  /** Reasons why the run failed; empty if all is well. */
  readonly faults: readonly string[];
}

export interface ChaosRun {
  readonly result: ChaosResult;
  /** Returns the history and the replicas' last output, for a file. */
  readonly record: () => string;
}

/** Returns the number of client keys that a run needs: its clients, and an observer. */
export const clientsOf = (plan: ChaosPlan): number => plan.clients + 1;

/** Returns whether a run has shown what it is for; then it may end. */
export type Enough = (clients: ClientTally, fleet: FleetTally) => boolean;

/**
 * Starts the replicas of `cluster`, which has `clientsOf(plan)` clients, and runs `plan`: for as long as it says, and then until `enough`, but no
 * longer than {@linkcode PATIENCE_MS} more, since a busy machine gets less done in the same time. Faults are in the result, not thrown.
 */
export async function runChaos(
  cluster: LocalCluster,
  plan: ChaosPlan,
  say: (text: string) => void,
  enough: Enough = () => true,
): Promise<ChaosRun> {
  const fleet = new Fleet(cluster);
  await fleet.startAll();
  const ids = Array.from({ length: plan.clients }, (_, i) => `c${i + 1}`);
  const opened = await Promise.all(ids.map((id) => cluster.client(id)));
  const clients = new ChaosClients(opened, plan.seed);
  const listeners = new ChaosListeners(opened, CHAOS_PREFIX);
  const observer = await Observer.of(cluster, `c${clientsOf(plan)}`);
  const attacks: Record<string, number> = {};
  const faults: string[] = [];
  const noted = async <T>(what: string, act: () => Promise<T>): Promise<T | null> => {
    try {
      return await act();
    } catch (error) {
      faults.push(`${what}: ${describe(error)}`);
      return null;
    }
  };
  await noted("the listeners", () => listeners.start());
  await noted("the run", () =>
    attack(fleet, clients, observer, plan, enough, (name) => {
      attacks[name] = (attacks[name] ?? 0) + 1;
      say(name);
    }));
  await noted("a client", () => clients.stop());
  const finalIndex = faults.length > 0 ? null : await noted("the end", () => settle(fleet, clients, observer));
  await noted("a listener", () => listeners.stop());
  const { violation, undecided } = clients.judge();
  for (const wrong of [violation, listeners.judge(clients.writes)]) if (wrong !== null) faults.push(wrong);
  faults.push(...fleet.faults);
  const { tally, keys, operations } = clients;
  const heard = { heard: listeners.events, listeners: listeners.size };
  const counts = { keys, operations, undecided, ...heard };
  const result = { plan, clients: tally, fleet: fleet.tally, attacks, ...counts, finalIndex, faults };
  return { result, record: () => [clients.lines(), ...faults, fleet.lastLines(LAST_LINES), ""].join("\n") };
}

async function attack(
  fleet: Fleet,
  clients: ChaosClients,
  observer: Observer,
  { seed, seconds, wipes, pauseSeconds }: ChaosPlan,
  enough: Enough,
  say: (text: string) => void,
): Promise<void> {
  const attacker = new Attacker({ fleet, observer, seed, wipes, pauseSeconds, say });
  let failed = false;
  clients.start();
  clients.ended.catch(() => failed = true);
  const hasFailed = () => failed || fleet.faults.length > 0;
  await attacker.run(seconds, hasFailed);
  const deadline = performance.now() + PATIENCE_MS;
  while (!enough(clients.tally, fleet.tally) && !hasFailed() && performance.now() < deadline) {
    await attacker.run(1, hasFailed);
  }
}

/** Waits until all replicas are started, level, full members and equal, and every key can be read. Returns the index they end at. */
async function settle(fleet: Fleet, clients: ChaosClients, observer: Observer): Promise<number> {
  await fleet.startAll();
  await clients.readAll();
  const { ids } = fleet.cluster;
  const deadline = performance.now() + SETTLE_MS;
  for (;;) {
    const statuses = await observer.statuses(ids);
    if (statuses.length === ids.length && statuses.every(({ recovery }) => recovery === null)) break;
    if (performance.now() >= deadline) {
      throw new Error(`still learners: ${JSON.stringify(statuses.map((s) => s.recovery))}`);
    }
    // A learner needs a commit in a term that no one had entered when it asked (§8.4).
    const leader = presentLeader(statuses)?.leader;
    if (leader === undefined || statuses.some(({ recovery }) => recovery !== null && recovery.bar === null)) continue;
    await fleet.kill(leader);
    await fleet.start(leader);
    await clients.readAll();
  }
  return await eventually("all replicas hold one state", async () => {
    const statuses = await observer.statuses(ids);
    const views = new Set(
      statuses.map(({ commitHash, appliedIndex, state }) =>
        `${commitHash} ${appliedIndex} ${state.appliedIndex} ${state.digest}`
      ),
    );
    return statuses.length === ids.length && views.size === 1 ? statuses[0]!.appliedIndex : null;
  }, SETTLE_MS);
}

const describe = (error: unknown): string =>
  error instanceof ViolationError
    ? error.message
    : error instanceof Error
    ? error.stack ?? error.message
    : String(error);
