/** Clients that break the rules of §7, as far as a client's own key goes. */
import { clientId, type ReplicaId, seq } from "../../../protocol/ids.ts";
import type { SendRequest } from "../../../protocol/message.ts";
import { encodeKvCommand } from "../../../state_machine/mod.ts";
import type { ClientPlan } from "../plan/plan.ts";
import type { Rng } from "../plan/rng.ts";
import { signAs } from "../network/sim_crypto.ts";
import type { Signed } from "../../../protocol/signed.ts";
import type { ClientWorld } from "./client_world.ts";

type FaultyBehaviour = Exclude<ClientPlan["behaviour"], "honest">;

const UTF8 = new TextEncoder();

/** Returns a source of signed requests with arbitrary numbers. */
function signerOf({ id, keys }: ClientPlan, { crypto, observer, scheduler }: ClientWorld, rng: Rng) {
  let count = 0;
  return (number: number, floor: number): Signed<SendRequest> => {
    const value = UTF8.encode(`${id}.${++count}`);
    // Keys of its own: what a faulty client does to its data does not affect the others' histories.
    const command = encodeKvCommand({ op: "put", key: `${id}-${rng.int(1, keys)}`, value });
    const numbers = { seq: seq(number), floor: seq(floor) };
    const request = signAs(crypto, "client", id, { kind: "SendRequest", client: clientId(id), ...numbers, command });
    observer.requested?.(request, scheduler.now);
    return request;
  };
}

/** Calls `act` until the run ends: quickly while the client has operations of its plan left, then every now and then. */
function repeat(
  plan: ClientPlan,
  { scheduler, constants, mayAct }: ClientWorld,
  rng: Rng,
  act: (round: number) => void,
) {
  const again = (round: number): void => {
    if (mayAct()) act(round);
    const pause = round < plan.operations ? plan.thinkMs : constants.electionTimeoutMs;
    scheduler.schedule(20 + rng.next() * pause, () => again(round + 1));
  };
  again(0);
}

const someOf = (replicas: readonly ReplicaId[], rng: Rng): ReplicaId[] => replicas.filter(() => rng.chance(0.5));

export const CLIENT_BEHAVIOURS: Readonly<
  Record<FaultyBehaviour, (plan: ClientPlan, world: ClientWorld, rng: Rng) => void>
> = {
  /** Signs one seq with two commands, different ones to different replicas. */
  "two-faced"(plan, world, rng) {
    const sign = signerOf(plan, world, rng);
    repeat(plan, world, rng, (round) => {
      const floor = Math.max(0, round - 4);
      for (const request of [sign(round, floor), sign(round, floor)]) {
        world.request(plan.id, someOf(world.replicas, rng), request, rng.chance(0.5));
      }
    });
  },
  /** Intervenes without end: each request only as an intervention, to a few, out of order, again and again. */
  intervener(plan, world, rng) {
    const sign = signerOf(plan, world, rng);
    const kept: Signed<SendRequest>[] = [];
    repeat(plan, world, rng, (round) => {
      kept.push(sign(Math.max(0, round - rng.int(0, 6)), Math.max(0, round - 8)));
      world.request(plan.id, someOf(world.replicas, rng), rng.pick(kept), true);
    });
  },
  /** Sends floors that jump ahead and fall back, and seqs far outside any window. */
  "far-floors"(plan, world, rng) {
    const sign = signerOf(plan, world, rng);
    repeat(plan, world, rng, (round) => {
      const floor = rng.pick([0, round, 10 * round, 2 ** 40, Number.MAX_SAFE_INTEGER - 1]);
      const number = Math.min(Number.MAX_SAFE_INTEGER - 1, floor + rng.pick([0, 1, 15, 16, 2 ** 30]));
      world.request(plan.id, someOf(world.replicas, rng), sign(number, floor), rng.chance(0.5));
    });
  },
};
