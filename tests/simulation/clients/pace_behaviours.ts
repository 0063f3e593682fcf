/** Faulty clients that are about the pace of leaders (§14.8). */
import type { ClientPlan } from "../plan/plan.ts";
import type { Rng } from "../plan/rng.ts";
import type { ClientWorld } from "./client_world.ts";
import { repeat, signerOf } from "./faulty_clients.ts";
import { framer } from "./framers.ts";

/** Rounds of cheap requests, and then of costly ones. */
const PHASE = 30;
/** Operations in a costly one. */
const COSTLY = 40;
const SEQS = 8;

/** Has a leader look quick with cheap requests for a while, and slow with costly ones then, by turns. */
function barRaiser(plan: ClientPlan, world: ClientWorld, rng: Rng): void {
  const { command, group, register } = signerOf(plan, world, rng);
  let sent = 0;
  repeat(plan, world, rng, (round) => {
    const [session] = world.sessionsOf(plan.id);
    if (session === undefined) return world.request(plan.id, world.replicas, register(0), false);
    const lowest = world.lowestIn(plan.id, session);
    sent = Math.max(sent, lowest);
    if (sent >= lowest + SEQS) return;
    const signed = Math.floor(round / PHASE) % 2 === 0 ? command(session, sent, lowest) : group(session, sent, COSTLY);
    sent++;
    world.request(plan.id, world.replicas, signed, false);
  });
}

export const PACE_BEHAVIOURS = { framer, "bar-raiser": barRaiser } as const;
