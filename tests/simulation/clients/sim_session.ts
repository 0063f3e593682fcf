/** The real session of a simulated client, with its waits. */
import { timingsFor } from "../../../client/loop/timings.ts";
import { quorumSizes } from "../../../client/session/reply_tally.ts";
import { createSession, type Session } from "../../../client/session/session.ts";
import type { ClientPlan } from "../plan/plan.ts";
import type { Rng } from "../plan/rng.ts";
import type { ClientWorld } from "./client_world.ts";

const JITTER = 0.25;
/** Longer than any run. */
const NEVER_MS = 1e9;

/** A client that knows nothing yet. */
export function newSession({ intervenes }: ClientPlan, { constants, replicas }: ClientWorld, rng: Rng): Session {
  const { retryMs, retryCapMs, interventionCapMs, ...timings } = timingsFor(constants);
  const interventionMs = intervenes ? timings.interventionMs : NEVER_MS;
  return createSession({
    window: constants.sessionWindow,
    maxQueued: 1000,
    retry: { baseMs: retryMs, capMs: retryCapMs, jitter: JITTER },
    intervention: {
      afterMs: interventionMs,
      backoff: { baseMs: interventionMs, capMs: Math.max(interventionMs, interventionCapMs), jitter: JITTER },
    },
    weak: quorumSizes(replicas.length).weak,
    seed: rng.int(0, 2 ** 31),
  });
}
