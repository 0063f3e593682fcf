/** The colluders of one run, wired to it. */
import { sha256Hex } from "../../../../crypto/digest.ts";
import { firstGenesis } from "../../../../protocol/hash_chain.ts";
import type { ReplicaId } from "../../../../protocol/ids.ts";
import type { EpochEndPacket, Packet } from "../../../../protocol/packet.ts";
import { quorumOf } from "../../../../protocol/quorum.ts";
import type { Victim } from "../../../../replica/byzantine/mod.ts";
import type { ClientReply } from "../../../../replica/core/output.ts";
import type { CoreState } from "../../../../replica/core/state.ts";
import { keyIn } from "../../../support/rosters/plain_rosters.ts";
import type { SimEpoch } from "../../epochs/run_epochs.ts";
import type { Scheduler } from "../../network/scheduler.ts";
import { signAs, type SimCrypto } from "../../network/sim_crypto.ts";
import type { ByzantinePlan, Plan } from "../../plan/plan.ts";
import { Rng } from "../../plan/rng.ts";
import type { Actor, Colluders, SimAdversary } from "../actor.ts";
import { inTurn } from "../in_turn.ts";
import { NAMED_ACTORS } from "../mod.ts";
import { AdversaryView } from "./adversary_view.ts";
import { Archive } from "./archive.ts";

/** The stream that faulty replicas draw from. A seed draws another run under another name, so this one outlived what it named. */
export const STREAM = "coven";

export interface ColludersParts {
  readonly clusterId: string;
  readonly plan: Pick<Plan, "byzantine" | "replicas" | "seed">;
  /** The epoch that they act in; the first if left out. */
  readonly at?: SimEpoch;
  readonly crypto: SimCrypto;
  readonly scheduler: Scheduler;
  readonly send: (from: ReplicaId, to: readonly ReplicaId[], packet: Packet) => unknown;
  readonly reply: (from: ReplicaId, reply: ClientReply) => unknown;
  readonly earlier?: () => readonly Packet[];
  readonly ends?: () => readonly EpochEndPacket[];
  readonly nodes: ReadonlyMap<ReplicaId, { readonly state: CoreState | null }>;
}

/** Creates the colluders of a run. Throws if one of them would sign for an honest replica, whose key they do not have. */
export function createColluders(
  { clusterId, plan, at, crypto, scheduler, send, reply, nodes, earlier = () => [], ends = () => [] }: ColludersParts,
): Colluders {
  const members = plan.byzantine.map(({ replica }) => replica);
  const signedAt = (member: ReplicaId) => at ? { place: at.place, key: keyIn(at.roster, member) } : null;
  const start = firstGenesis(sha256Hex, clusterId);
  const genesis = at?.genesis ?? start;
  const own = (member: ReplicaId): ReplicaId => {
    if (!members.includes(member)) throw new Error(`${member} is honest: nobody has its key`);
    return member;
  };
  return {
    members,
    honest: plan.replicas.filter((id) => !members.includes(id)),
    rng: new Rng(plan.seed, at === undefined || at.epoch === 1 ? STREAM : `${STREAM} ${at.epoch}`),
    archive: new Archive(genesis, start.hash),
    adversaryView: new AdversaryView(quorumOf(plan.replicas.length).quorum),
    now: () => scheduler.now,
    earlier,
    ends,
    sign: (member, message) => signAs(crypto, "replica", own(member), message, signedAt(member)),
    send: (member, to, packet) => void send(own(member), to, packet),
    reply: (member, answers) => void reply(own(member), answers),
    later: (delayMs, action) => scheduler.schedule(delayMs, action),
    peek(id) {
      const state = nodes.get(id)?.state ?? null;
      return state?.genesis.epoch === (at?.epoch ?? 1) ? state : null;
    },
  };
}

/** Returns the corruptions that make one replica faulty: a listener for all colluders, and its own actors. */
export function corruptionsOf(
  colluders: Colluders,
  { actors, turnMs }: ByzantinePlan,
): ((victim: Victim) => SimAdversary)[] {
  const named = actors.map((name) => NAMED_ACTORS[name]!);
  const acting: readonly Actor[] = turnMs === null ? named : [inTurn(named, turnMs)];
  return [() => listener(colluders), ...acting.map((actor) => (victim: Victim) => actor({ ...victim, colluders }))];
}

/** Returns a listener that shares with all colluders what one of them receives. */
const listener = ({ adversaryView }: Colluders): SimAdversary => ({
  swallows(input) {
    if (input.kind === "packet" || input.kind === "bad-entry") adversaryView.hear(input.packet);
    else if (input.kind === "request") adversaryView.learnRequest(input.request);
    return false;
  },
});
