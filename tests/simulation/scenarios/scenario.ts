/** Building blocks of plans made for one purpose. */
import type { Millis, ReplicaId } from "../../../protocol/ids.ts";
import { type CrashFault, type NetworkFault, type Plan, STEADY, type Target } from "../plan/plan.ts";
import type { Rng } from "../plan/rng.ts";

/** Turns a drawn plan into one of the same cluster, load and noise in which something rare is likely. */
export type Scenario = (plan: Plan, rng: Rng) => Plan;

/** Returns how long elections of these plans take at first; none of them is about patience. */
export const unitOf = ({ constants }: Plan): Millis => constants.electionTimeoutMs;

/** Returns `plan` with the short timeouts of most plans, whatever was drawn, and its clients active until `safetyMs`. */
export function brisk(plan: Plan, rng: Rng, change: Partial<Plan["constants"]> = {}): Plan {
  const unit = rng.pick([300, 300, 600]);
  const constants: Plan["constants"] = {
    ...plan.constants,
    electionTimeoutMs: unit,
    electionTimeoutCapMs: 8 * unit,
    heartbeatMs: unit / rng.pick([5, 10]),
    patienceMs: 2 * unit,
    patienceCapMs: 16 * unit,
    officeEntries: 0,
    officeMs: 0,
    paceMs: 0,
    ...change,
  };
  return {
    ...plan,
    constants,
    byzantine: [],
    silenced: false,
    faults: [],
    mayExceed: false,
    down: [],
    quiet: false,
    livenessMs: 10 * Math.max(1, Math.floor((plan.replicas.length - 1) / 3)) * 8 * unit,
    restMs: 0,
  };
}

/** Returns a fault that loses everything sent from `from` until `to`. */
export const cut = (
  from: Millis,
  to: Millis,
  links: Pick<Partial<NetworkFault>, "sources" | "targets" | "kinds">,
): NetworkFault => ({
  kind: "network",
  ...STEADY,
  from,
  to,
  loss: 1,
  ...links,
});

/** Returns faults that keep `replica` from receiving and sending. */
export const cutOff = (from: Millis, to: Millis, replica: ReplicaId): NetworkFault[] => [
  cut(from, to, { sources: [replica] }),
  cut(from, to, { targets: [replica] }),
];

/** Returns a fault that restarts `replica` at once; a leader does not lead its term again (§5.1). */
export const restart = (from: Millis, replica: Target, downMs: Millis = 10): CrashFault => ({
  ...{ kind: "crash", from, replica, point: "now", during: null, passes: 0, downMs },
});
