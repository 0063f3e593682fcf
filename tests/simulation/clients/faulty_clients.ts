/** Clients that break the rules of §7, as far as a client's own key goes. */
import { clientId, type LogIndex, logIndex, type ReplicaId, seq } from "../../../protocol/ids.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import type { RegisterSession, Request, SendRequest } from "../../../protocol/message.ts";
import type { OperationMode } from "../../../protocol/operations/group.ts";
import type { Signed } from "../../../protocol/signed.ts";
import { encodeKvCommand, type KvCommand } from "../../../state_machine/mod.ts";
import { signAs } from "../network/sim_crypto.ts";
import type { ClientPlan } from "../plan/plan.ts";
import type { Rng } from "../plan/rng.ts";
import type { ClientWorld } from "./client_world.ts";

type FaultyBehaviour = Exclude<ClientPlan["behaviour"], "honest">;

const UTF8 = new TextEncoder();
const ASKED_EVERY = 4;

/** A source of signed requests with whatever numbers, and of registers. */
export function signerOf({ id, keys }: ClientPlan, { crypto, observer, scheduler }: ClientWorld, rng: Rng) {
  let count = 0;
  const note = <R extends Signed<Request>>(request: R): R => {
    observer.requested?.(request, scheduler.now);
    return request;
  };
  const sign = (
    session: LogIndex,
    number: number,
    floor: number,
    command: Uint8Array,
    mode: OperationMode = "command",
  ): Signed<SendRequest> => {
    const numbers = { session, seq: seq(number + 1), floor: seq(floor + 1) };
    return note(
      signAs(crypto, "client", id, { kind: "SendRequest", client: clientId(id), ...numbers, mode, command }),
    );
  };
  return {
    command(session: LogIndex, number: number, floor: number): Signed<SendRequest> {
      const value = UTF8.encode(`${id}.${++count}`);
      // Keys of its own: what a faulty client does to its data is no concern of the others' histories.
      const command = encodeKvCommand({ op: "put", key: `${id}-${rng.int(1, keys)}`, value });
      // Some are asked as queries, which must not write.
      return sign(session, number, floor, command, count % ASKED_EVERY === 0 ? "query" : "command");
    },
    sign,
    register(base: number): Signed<RegisterSession> {
      const nonce = Uint8Array.from({ length: LIMITS.nonceBytes }, () => rng.int(0, 255));
      const message = { kind: "RegisterSession", client: clientId(id), base: logIndex(base), nonce } as const;
      return note(signAs(crypto, "client", id, message));
    },
  };
}

/** Calls `act` until the run ends: quickly while the client has operations of its plan left, then every now and then. */
export function repeat(
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

/** Opens sessions every now and then, and gives `act` the latest one it has. */
function inSessions(
  plan: ClientPlan,
  world: ClientWorld,
  rng: Rng,
  act: (round: number, session: LogIndex, signer: ReturnType<typeof signerOf>) => void,
): void {
  const signer = signerOf(plan, world, rng);
  repeat(plan, world, rng, (round) => {
    const [session] = world.sessionsOf(plan.id);
    if (session === undefined || rng.chance(0.05)) {
      world.request(plan.id, world.replicas, signer.register(session ?? 0), rng.chance(0.5));
    }
    if (session !== undefined) act(round, session, signer);
  });
}

export const CLIENT_BEHAVIOURS: Readonly<
  Record<Exclude<FaultyBehaviour, "framer">, (plan: ClientPlan, world: ClientWorld, rng: Rng) => void>
> = {
  /** Breaks no rule, but reads no answers: has leases granted, renews and revokes them, and puts keys into them. */
  lessee(plan, world, rng) {
    let granted = 0;
    inSessions(plan, world, rng, (round, session, { sign }) => {
      const lease = rng.int(Math.max(1, granted - 4), Math.max(1, granted));
      const commands: readonly KvCommand[] = [
        { op: "grant", ttlMs: rng.int(1000, 5000) },
        ...[0, 1, 2, 3].map(() => ({ op: "renew", lease }) as const),
        { op: "put", key: `${plan.id}-${rng.int(1, plan.keys)}`, value: UTF8.encode(`${round}`), lease },
        { op: "put", key: `${plan.id}-${rng.int(1, plan.keys)}`, value: UTF8.encode(`${round}`) },
        ...rng.chance(0.2) ? [{ op: "revoke", lease } as const] : [],
      ];
      const command = granted === 0 ? commands[0]! : rng.pick(commands);
      if (command.op === "grant") granted++;
      world.request(
        plan.id,
        world.replicas,
        sign(session, round, Math.max(0, round - 8), encodeKvCommand(command)),
        false,
      );
    });
  },
  /** Signs one seq with two commands, different ones to different replicas. */
  "two-faced"(plan, world, rng) {
    inSessions(plan, world, rng, (round, session, { command }) => {
      const floor = Math.max(0, round - 4);
      for (const request of [command(session, round, floor), command(session, round, floor)]) {
        world.request(plan.id, someOf(world.replicas, rng), request, rng.chance(0.5));
      }
    });
  },
  /** Intervenes without end: each request only as an intervention, to a few, out of order, again and again. */
  intervener(plan, world, rng) {
    const kept: Signed<Request>[] = [];
    inSessions(plan, world, rng, (round, session, { command, register }) => {
      kept.push(command(session, Math.max(0, round - rng.int(0, 6)), Math.max(0, round - 8)));
      if (rng.chance(0.1)) kept.push(register(session));
      world.request(plan.id, someOf(world.replicas, rng), rng.pick(kept), true);
    });
  },
  /** Sends floors that jump ahead and fall back, and seqs far outside any window. */
  "far-floors"(plan, world, rng) {
    inSessions(plan, world, rng, (round, session, { command }) => {
      const floor = rng.pick([0, round, 10 * round, 2 ** 40, Number.MAX_SAFE_INTEGER - 2]);
      const number = Math.min(Number.MAX_SAFE_INTEGER - 2, floor + rng.pick([0, 1, 15, 16, 2 ** 30]));
      world.request(plan.id, someOf(world.replicas, rng), command(session, number, floor), rng.chance(0.5));
    });
  },
  /** Registers without end: many at once, with old and impossible bases, the same ones again, other ones to each replica. */
  registrar(plan, world, rng) {
    const { register, command } = signerOf(plan, world, rng);
    const kept: Signed<Request>[] = [];
    repeat(plan, world, rng, (round) => {
      const known = world.sessionsOf(plan.id);
      const newest = known[0] ?? 0;
      const base = rng.pick([
        newest,
        newest,
        Math.max(0, newest - world.constants.registrationHorizon),
        0,
        newest + 1000,
      ]);
      for (let i = rng.int(1, 4); i > 0; i--) kept.push(register(base));
      if (known.length > 0) kept.push(command(rng.pick(known), round % 16, 0));
      for (let i = rng.int(1, 4); i > 0; i--) {
        world.request(plan.id, someOf(world.replicas, rng), rng.pick(kept.slice(-40)), rng.chance(0.7));
      }
    });
  },
  /** Uses several sessions at once, closed ones and such as never were among them, to fill the quota in each. */
  trespasser(plan, world, rng) {
    const { register, command } = signerOf(plan, world, rng);
    repeat(plan, world, rng, (round) => {
      const known = world.sessionsOf(plan.id);
      if (known.length < 3 || rng.chance(0.1)) {
        world.request(plan.id, world.replicas, register(known[0] ?? 0), rng.chance(0.5));
      }
      for (let i = rng.int(1, 6); i > 0; i--) {
        const session = known.length > 0 && rng.chance(0.9) ? rng.pick(known) : logIndex(rng.int(1, 200));
        const floor = Math.max(0, round - rng.int(0, 20));
        const request = command(session, floor + rng.int(0, 15), floor);
        world.request(plan.id, someOf(world.replicas, rng), request, rng.chance(0.5));
      }
    });
  },
};
