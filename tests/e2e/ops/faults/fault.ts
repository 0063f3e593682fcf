/** A fault that operators want to hear of. */
import type { Stage } from "../stage.ts";

export interface Fault {
  readonly what: string;
  /** Alerts that have to fire while it lasts. */
  readonly alerts: readonly string[];
  /** Alerts that may fire besides, until it is over: they follow from the fault, sooner or later than somebody looks. */
  readonly also?: readonly string[];
  /** A program that it takes, which not every machine has. */
  readonly needs?: string;
  /** Alerts that go on when it is over. */
  readonly stays?: readonly string[];
  /** Does it; returns what undoes it. */
  begin(stage: Stage): Promise<() => PromiseLike<unknown>>;
}

/** Alerts that a replica raises which takes no part, though it runs. */
export const ONE_UNHEALTHY: readonly string[] = ["BftRaftReplicaNotHealthy", "BftRaftNoFailureTolerated"];
/** Alerts that clients' requests raise while nothing can be written. */
export const NO_QUORUM: readonly string[] = [
  ...["BftRaftCannotWrite", "BftRaftNothingCommitted", "BftRaftInterventions", "BftRaftGatewayFails"],
];
/** The alert that a replica may raise which comes back and has much to catch up with. */
export const CATCHES_UP: readonly string[] = ["BftRaftReplicaLags"];
/** The alert that a leader may raise which can do nothing for want of a quorum: who waits for it holds that against it. */
export const BLAMED: readonly string[] = ["BftRaftLeaderAtFault"];
