/** Makes a failing plan smaller as long as it fails in the same way: delta debugging over everything that was drawn. */
import type { Violation } from "../observer.ts";
import type { ChangePlan, ClientPlan, Fault, Plan } from "./plan.ts";

/** Runs a plan and returns what did not hold, or null. */
export type Attempt = (plan: Plan) => Violation | null;

export interface Shrunk {
  readonly plan: Plan;
  readonly attempts: number;
}

/** Returns the smallest plan found within `budget` attempts that violates `invariant` too. */
export function shrink(plan: Plan, invariant: string, attempt: Attempt, budget = 400): Shrunk {
  let smallest = plan;
  let attempts = 0;
  const adopts = (smaller: Plan): boolean => {
    if (attempts >= budget) return false;
    attempts++;
    if (attempt(smaller)?.invariant !== invariant) return false;
    smallest = smaller;
    return true;
  };
  dropFaults(plan.faults, (faults) => adopts({ ...smallest, faults }));
  while (attempts < budget && reductions(smallest).some(adopts));
  return { plan: smallest, attempts };
}

/** Removes chunks of the list, halves first and single faults last, as long as `adopts` accepts what is left. */
function dropFaults(list: readonly Fault[], adopts: (fewer: readonly Fault[]) => boolean): void {
  let kept = list;
  for (let size = list.length; size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < kept.length;) {
      const without = [...kept.slice(0, at), ...kept.slice(at + size)];
      if (adopts(without)) kept = without;
      else at += size;
    }
  }
}

/** Yields plans a little smaller than `plan`, the boldest first. */
function* reductions(plan: Plan): IteratorObject<Plan, void> {
  for (const faults of fewer(plan.faults)) yield { ...plan, faults };
  yield* simplerChanges(plan);
  yield* simplerReplicas(plan);
  yield* simplerClients(plan);
  if (plan.clocks.some((rate) => rate !== 1)) yield { ...plan, clocks: plan.clocks.map(() => 1) };
  if (plan.latencyMs[1] > 1) yield { ...plan, latencyMs: [1, 1] };
  if (plan.batchMs > 0) yield { ...plan, batchMs: 0 };
  if (plan.down.length > 0) yield { ...plan, down: [] };
  if (plan.constants.fastReads) yield { ...plan, constants: { ...plan.constants, fastReads: false } };
  const { officeEntries, officeMs } = plan.constants;
  if (officeEntries > 0) yield { ...plan, constants: { ...plan.constants, officeEntries: 0 } };
  if (officeMs > 0) yield { ...plan, constants: { ...plan.constants, officeMs: 0 } };
  if (plan.restMs > 0) yield { ...plan, restMs: 0 };
  if (plan.snapshotBytes !== null) yield { ...plan, snapshotBytes: null };
  if (plan.constants.checkpointEvery < 1000) {
    yield { ...plan, constants: { ...plan.constants, checkpointEvery: 1000, logTail: 1000 } };
  }
  if (plan.safetyMs > 1000) yield { ...plan, safetyMs: Math.floor(plan.safetyMs / 2) };
  for (const [i, fault] of plan.faults.entries()) {
    for (const simpler of simplerFaults(fault)) yield { ...plan, faults: plan.faults.with(i, simpler) };
  }
}

/** Yields `list` without a half of it, a quarter, … one item. */
function* fewer<T>(list: readonly T[]): Iterable<readonly T[]> {
  for (let size = list.length; size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < list.length; at += size) yield [...list.slice(0, at), ...list.slice(at + size)];
  }
}

function* simplerReplicas(plan: Plan): Iterable<Plan> {
  for (const byzantine of fewer(plan.byzantine)) yield { ...plan, byzantine };
  for (const [i, faulty] of plan.byzantine.entries()) {
    if (faulty.turnMs !== null) yield { ...plan, byzantine: plan.byzantine.with(i, { ...faulty, turnMs: null }) };
    if (faulty.actors.length < 2) continue;
    for (const actors of fewer(faulty.actors)) {
      if (actors.length > 0) yield { ...plan, byzantine: plan.byzantine.with(i, { ...faulty, actors }) };
    }
  }
}

/** Yields the plan with fewer changes of the roster, and with simpler ones. */
function* simplerChanges(plan: Plan): Iterable<Plan> {
  const { reconfiguration } = plan;
  if (reconfiguration === undefined) return;
  const { changes } = reconfiguration;
  for (const kept of fewer(changes)) yield { ...plan, reconfiguration: { ...reconfiguration, changes: kept } };
  for (const [i, change] of changes.entries()) {
    for (const simpler of simplerChange(change)) {
      yield { ...plan, reconfiguration: { ...reconfiguration, changes: changes.with(i, simpler) } };
    }
  }
}

function* simplerChange(change: ChangePlan): Iterable<ChangePlan> {
  const { alternatives, junk } = change;
  if (alternatives.length > 1) yield { ...change, alternatives: alternatives.slice(0, 1) };
  for (const [i, edits] of alternatives.entries()) {
    for (const kept of fewer(edits)) yield { ...change, alternatives: alternatives.with(i, kept) };
  }
  if (junk) yield { ...change, junk: false };
}

function* simplerClients(plan: Plan): Iterable<Plan> {
  for (const clients of fewer(plan.clients)) yield { ...plan, clients };
  for (const [i, client] of plan.clients.entries()) {
    for (const simpler of simplerLoad(client)) yield { ...plan, clients: plan.clients.with(i, simpler) };
  }
}

function* simplerLoad(client: ClientPlan): Iterable<ClientPlan> {
  const { operations, concurrency, afterwards } = client;
  if (operations > 1) yield { ...client, operations: Math.ceil(operations / 2) };
  if (concurrency > 1) yield { ...client, concurrency: 1 };
  if (afterwards > 1) yield { ...client, afterwards: 1 };
  if (client.restarts > 0) yield { ...client, restarts: 0 };
}

function* simplerFaults(fault: Fault): Iterable<Fault> {
  if (fault.kind === "crash" && fault.point !== "now") yield { ...fault, point: "now" };
  if (fault.kind === "crash" && fault.during !== null) yield { ...fault, during: null };
  if (fault.kind !== "network") return;
  if (fault.duplicate > 0) yield { ...fault, duplicate: 0 };
  if (fault.replay > 0) yield { ...fault, replay: 0 };
  if (fault.delayMs > 0) yield { ...fault, delayMs: 0 };
  if (fault.loss > 0 && fault.loss < 1) yield { ...fault, loss: 0 };
  if (fault.flapMs !== null) yield { ...fault, flapMs: null };
}
