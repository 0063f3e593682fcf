/** The port of faulty replicas in a simulation: everything `--byzantine` offers, and what only a simulation can give. */
import type { Millis, ReplicaId, Term } from "../../../protocol/ids.ts";
import type { PeerMessage, Request } from "../../../protocol/message.ts";
import type { EpochEndPacket, Packet } from "../../../protocol/packet.ts";
import type { Signed } from "../../../protocol/signed.ts";
import type { QueryAnswer } from "../../../replica/answers/replier.ts";
import type { Adversary, Victim } from "../../../replica/byzantine/mod.ts";
import type { ClientReply } from "../../../replica/core/output.ts";
import type { CoreState } from "../../../replica/core/state.ts";
import type { Rng } from "../plan/rng.ts";
import type { AdversaryView } from "./support/adversary_view.ts";
import type { Archive } from "./support/archive.ts";

/**
 * The colluders of a run, all its faulty replicas: they share their keys and everything they hear, and see the state of the honest ones.
 */
export interface Colluders {
  readonly members: readonly ReplicaId[];
  readonly honest: readonly ReplicaId[];
  readonly rng: Rng;
  /** Everything any of them has heard or said. */
  readonly adversaryView: AdversaryView;
  /** Entries that any replica has ever had on its disk. */
  readonly archive: Archive;
  now(): Millis;
  /** Returns packets of earlier epochs that any of them has received. */
  earlier(): readonly Packet[];
  /** Returns the ends of the epochs before the one they act in, with their rosters, oldest first. */
  ends(): readonly EpochEndPacket[];
  /** Returns `message` signed with the key of `member`, whatever signer it names. */
  sign<M extends PeerMessage>(member: ReplicaId, message: M): Signed<M>;
  /** Puts a packet on the network, with the delay and losses of any other. */
  send(member: ReplicaId, to: readonly ReplicaId[], packet: Packet): void;
  /** Answers a client in the name of `member`, asked or not. */
  reply(member: ReplicaId, reply: ClientReply): void;
  /** Calls `action` after `delayMs` of virtual time, if the faulty replicas may still act then. */
  later(delayMs: Millis, action: () => void): void;
  /** Returns the state of any replica that is up, to look at. */
  peek(id: ReplicaId): CoreState | null;
}

/** The faulty replica that an actor controls. */
export interface FaultyReplica extends Victim {
  readonly colluders: Colluders;
}

/** Hints for the client's next request, given along with an answer (§7.2). */
export interface LeaderHint {
  readonly leader: ReplicaId | null;
  readonly term: Term;
}

export interface SimAdversary extends Adversary {
  /** Returns what clients are told instead of the honest leader and term. */
  readonly hints?: (honest: LeaderHint) => LeaderHint;
  /** Returns the wait for which a client's request is turned away, or null where it is as the honest would have it. */
  readonly turnsAway?: (request: Request) => Millis | null;
  /** Returns the answer to a fast read in place of `honest` (§7.4). */
  readonly reads?: (honest: QueryAnswer, query: Uint8Array) => QueryAnswer;
}

/** A named faulty behaviour. */
export type Actor = (faultyReplica: FaultyReplica) => SimAdversary;
