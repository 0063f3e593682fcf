/** The part of a plan that concerns sessions: drawn from streams of their own, so that the rest of a plan stays what it was. */
import type { ProtocolConstants } from "../../../protocol/config.ts";
import type { ClientPlan } from "./plan.ts";
import type { Rng } from "./rng.ts";

/** Few sessions and a near horizon, so that some are pushed out and registers come too late. */
export const drawSessionConstants = (
  rng: Rng,
): Pick<ProtocolConstants, "sessionsPerClient" | "registrationHorizon"> => ({
  sessionsPerClient: rng.pick([1, 2, 2, 3, 4, 8]),
  registrationHorizon: rng.pick([32, 40, 100, 1000]),
});

/** Clocks of clients, which no outcome may depend on: right, an hour or an age ahead, and behind all that ever was. */
const CLOCKS = [0, 3_600_000, -3_600_000, 1_790_000_000_000, -1_790_000_000_000, 2 ** 50] as const;

/** Some keys get a second process, and some processes die and begin anew; no key gets more processes than sessions. */
export function drawProcesses(
  rng: Rng,
  clients: readonly ClientPlan[],
  { sessionsPerClient }: Pick<ProtocolConstants, "sessionsPerClient">,
): ClientPlan[] {
  return clients.flatMap((client) => {
    const processes = client.behaviour === "honest" && rng.chance(0.4) ? Math.min(sessionsPerClient, rng.int(2, 3)) : 1;
    return Array.from({ length: processes }, (_, process) => ({
      ...client,
      process,
      restarts: rng.chance(0.3) ? rng.int(1, 5) : 0,
      clockMs: rng.pick(CLOCKS),
      operations: Math.ceil(client.operations / processes),
    }));
  });
}
