/** Clients that want an honest leader to look slow (§14.7, §14.8): they show to followers what their leader hears of late, or cannot hurry. */
import type { LogIndex, ReplicaId } from "../../../protocol/ids.ts";
import type { ClientPlan } from "../plan/plan.ts";
import type { Rng } from "../plan/rng.ts";
import type { ClientWorld } from "./client_world.ts";
import { repeat, signerOf } from "./faulty_clients.ts";

/** Share of what they show that they send as interventions. */
const INTERVENES = 0.1;
/** Seqs of a session that are queued before the one that is shown. */
const QUEUED_BEFORE = 60;
/** Rounds for which that one is shown. */
const FLOOR_ROUNDS = 30;

type Signer = ReturnType<typeof signerOf>;

interface Framer {
  readonly world: ClientWorld;
  readonly plan: ClientPlan;
  readonly rng: Rng;
  readonly signer: Signer;
  /** Signed once each, so that the leader takes them for what it knows. */
  readonly signed: Map<string, ReturnType<Signer["command"]>>;
  /** Number of what it shows, with a wild floor. */
  shown: number;
}

function command(framer: Framer, session: LogIndex, number: number, floor: number) {
  const key = `${session} ${number} ${floor}`;
  const known = framer.signed.get(key) ?? framer.signer.command(session, number, floor);
  framer.signed.set(key, known);
  return known;
}

/** Sends `number` of a session to `to`, as it is or as an intervention. */
function send(framer: Framer, to: readonly ReplicaId[], session: LogIndex, number: number, floor: number): void {
  const { world, plan, rng } = framer;
  const intervenes = floor < number && rng.chance(INTERVENES);
  world.request(plan.id, to, command(framer, session, number, floor), intervenes);
}

const followersIn = ({ leader, replicas }: ClientWorld): readonly ReplicaId[] =>
  replicas.filter((id) => id !== leader());

/** Sends the leader something to do in every session, and shows followers what was queued last. */
function inManySessions(framer: Framer, sessions: readonly LogIndex[]): void {
  const { world, plan, rng } = framer;
  for (const session of sessions) {
    const lowest = world.lowestIn(plan.id, session);
    if (framer.signed.has(`${session} ${lowest} 0`)) continue;
    world.request(plan.id, [world.leader()!], command(framer, session, lowest, 0), false);
  }
  const session = rng.pick(sessions);
  send(framer, followersIn(world), session, world.lowestIn(plan.id, session), 0);
}

/**
 * Has followers pass many lower seqs of a session on, since the leader would turn them away, and then shows them one above, which it says nothing is
 * below, until that is executed or given up.
 */
function withWildFloors(framer: Framer, [session]: readonly LogIndex[], round: number): void {
  const { world, plan, rng } = framer;
  const lowest = world.lowestIn(plan.id, session!);
  if (round % FLOOR_ROUNDS === 0) {
    framer.shown = lowest + QUEUED_BEFORE;
    for (let number = lowest; number < framer.shown; number++) {
      world.request(plan.id, [rng.pick(followersIn(world))], command(framer, session!, number, 0), false);
    }
  } else if (framer.shown >= lowest) send(framer, followersIn(world), session!, framer.shown, framer.shown);
}

/** Shows one follower alone what the leader never hears from it. With enough others, more than that one may pass on. */
function toOneFollower(framer: Framer, [session]: readonly LogIndex[]): void {
  const { world, plan } = framer;
  send(framer, [followersIn(world)[0]!], session!, world.lowestIn(plan.id, session!), 0);
}

const HABITS = { sessions: inManySessions, floors: withWildFloors, crowd: toOneFollower } as const;

export type Framing = keyof typeof HABITS;

/** Opens as many sessions as its way of framing takes, and goes on for as long as there is a leader. */
export function framer(plan: ClientPlan, world: ClientWorld, rng: Rng): void {
  const framing = plan.framing ?? "sessions";
  const most = framing === "sessions" ? world.constants.sessionsPerClient : 1;
  const self: Framer = { world, plan, rng, signer: signerOf(plan, world, rng), signed: new Map(), shown: 0 };
  let asked = 0;
  repeat(plan, world, rng, (round) => {
    if (world.leader() === null) return;
    const sessions = world.sessionsOf(plan.id);
    if (sessions.length < most && asked <= sessions.length + 1) {
      asked++;
      world.request(plan.id, world.replicas, self.signer.register(sessions[0] ?? 0), false);
    }
    if (sessions.length > 0) HABITS[framing](self, sessions, round);
  });
}
