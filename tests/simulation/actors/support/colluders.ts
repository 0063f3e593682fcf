/** The colluders of one run, wired to it. */
import { sha256Hex } from "../../../../crypto/digest.ts";
import type { Victim } from "../../../../replica/byzantine/mod.ts";
import type { ReplicaId } from "../../../../protocol/ids.ts";
import type { ClientReply } from "../../../../replica/core/output.ts";
import type { Packet } from "../../../../protocol/packet.ts";
import { quorumOf } from "../../../../protocol/quorum.ts";
import type { CoreState } from "../../../../replica/core/state.ts";
import type { ByzantinePlan, Plan } from "../../plan/plan.ts";
import { Rng } from "../../plan/rng.ts";
import type { Scheduler } from "../../network/scheduler.ts";
import { signAs, type SimCrypto } from "../../network/sim_crypto.ts";
import { genesisHash } from "../../../../protocol/hash_chain.ts";
import { Archive } from "./archive.ts";
import type { Actor, Coven, SimAdversary } from "../actor.ts";
import { inTurn } from "../in_turn.ts";
import { Lore } from "./adversary_view.ts";
import { NAMED_ACTORS } from "../mod.ts";

export interface CovenParts {
  readonly clusterId: string;
  readonly plan: Plan;
  readonly crypto: SimCrypto;
  readonly scheduler: Scheduler;
  readonly send: (from: ReplicaId, to: readonly ReplicaId[], packet: Packet) => unknown;
  readonly reply: (from: ReplicaId, reply: ClientReply) => unknown;
  readonly peek: (id: ReplicaId) => CoreState | null;
}

/** Creates the colluders of a run. Throws if one of them would sign for an honest replica, whose key they do not have. */
export function createCoven({ clusterId, plan, crypto, scheduler, send, reply, peek }: CovenParts): Coven {
  const members = plan.byzantine.map(({ replica }) => replica);
  const own = (member: ReplicaId): ReplicaId => {
    if (!members.includes(member)) throw new Error(`${member} is honest: nobody has its key`);
    return member;
  };
  return {
    members,
    honest: plan.replicas.filter((id) => !members.includes(id)),
    rng: new Rng(plan.seed, "coven"),
    archive: new Archive(genesisHash(sha256Hex, clusterId)),
    lore: new Lore(quorumOf(plan.replicas.length).quorum),
    now: () => scheduler.now,
    sign: (member, message) => signAs(crypto, "replica", own(member), message),
    send: (member, to, packet) => void send(own(member), to, packet),
    reply: (member, answers) => void reply(own(member), answers),
    later: (delayMs, action) => scheduler.schedule(delayMs, action),
    peek,
  };
}

/** Returns the corruptions that make one replica faulty: a listener for all colluders, and its own actors. */
export function corruptionsOf(
  coven: Coven,
  { actors, turnMs }: ByzantinePlan,
): ((victim: Victim) => SimAdversary)[] {
  const named = actors.map((name) => NAMED_ACTORS[name]!);
  const acting: readonly Actor[] = turnMs === null ? named : [inTurn(named, turnMs)];
  return [() => listener(coven), ...acting.map((actor) => (victim: Victim) => actor({ ...victim, coven }))];
}

/** Returns a listener that shares with all colluders what one of them receives. */
const listener = ({ lore }: Coven): SimAdversary => ({
  swallows(input) {
    if (input.kind === "packet" || input.kind === "bad-entry") lore.hear(input.packet);
    else if (input.kind === "request") lore.learnRequest(input.request);
    return false;
  },
});
