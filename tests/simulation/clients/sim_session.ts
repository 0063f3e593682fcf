/** The parts of an honest client's process that need none of its state: its first session, and a fast read. */
import { timingsFor } from "../../../client/loop/timings.ts";
import { countFastRead, createFastReadTally } from "../../../client/session/fast_read_tally.ts";
import { answersNeeded, createReplyTally, type ReplyTally } from "../../../client/session/reply_tally.ts";
import { createSession, type Session } from "../../../client/session/session.ts";
import type { EpochChanges } from "../../../client/session/session_types.ts";
import type { ReplicaId } from "../../../protocol/ids.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import { quorumOf } from "../../../protocol/quorum.ts";
import { encodeKvCommand, type KvQuery } from "../../../state_machine/mod.ts";
import type { ClientPlan } from "../plan/plan.ts";
import type { Rng } from "../plan/rng.ts";
import type { ClientWorld } from "./client_world.ts";

const JITTER = 0.25;
const FAST_READ_MS = 500;
/** Longer than any run. */
const NEVER_MS = 1e9;

/** Returns the session of a client that knows nothing yet. */
export const createSimSession = (plan: ClientPlan, world: ClientWorld, rng: Rng): Session =>
  createSession({
    ...epochChangesOf(plan, world),
    maxQueued: 1000,
    maxGroup: plan.maxGroup ?? LIMITS.maxGroup,
    seed: rng.int(0, 2 ** 31),
  });

/** Returns what a session takes of the roster in force (§13.12). */
export function epochChangesOf(plan: ClientPlan, { constants, replicas }: ClientWorld): EpochChanges {
  const { retryMs, retryCapMs, interventionCapMs, ...timings } = timingsFor(constants);
  const interventionMs = plan.intervenes ? timings.interventionMs : NEVER_MS;
  return {
    window: constants.sessionWindow,
    retry: { baseMs: retryMs, capMs: retryCapMs, jitter: JITTER },
    intervention: {
      afterMs: interventionMs,
      backoff: { baseMs: interventionMs, capMs: Math.max(interventionMs, interventionCapMs), jitter: JITTER },
    },
    showAfterMs: constants.paceMs / 2,
    weak: quorumOf(replicas.length, constants.profile).weak,
  };
}

/** §7.4: asks for Q equal answers, and ends with null if there will be none in time. */
export function readFast(
  world: ClientWorld,
  client: string,
  command: KvQuery,
  ended: (result: Uint8Array | null) => void,
): void {
  const tally = createFastReadTally(new Set(world.replicas), world.constants.profile);
  const { epoch } = world;
  let open = true;
  const end = (result: Uint8Array | null) => {
    if (!open) return;
    open = false;
    ended(result);
  };
  world.fastRead(client, encodeKvCommand(command), (replica, answer) => {
    if (!open) return;
    const state = countFastRead(tally, replica, answer);
    if (state.state === "accepted") {
      world.observer.read?.(client, tally.accepted!.replicas as ReplicaId[], world.scheduler.now, epoch);
      end(state.payload);
    }
    if (state.state === "hopeless") end(null);
  });
  world.scheduler.schedule(FAST_READ_MS, () => end(null));
}

/** Returns a tally of answers in the epoch that a client is in. */
export const newTally = ({ replicas, constants }: ClientWorld): ReplyTally =>
  createReplyTally(new Set<string>(replicas), answersNeeded(replicas.length, constants.fastReads, constants.profile));
