/** The surroundings of a simulated client: replicas to ask, a clock, and a record of what it did. */
import type { ProtocolConstants } from "../../../protocol/config.ts";
import type { LogIndex, Millis, ReplicaId, Term } from "../../../protocol/ids.ts";
import type { ReplyPart, Request } from "../../../protocol/message.ts";
import type { Signed } from "../../../protocol/signed.ts";
import type { QueryAnswer } from "../../../replica/answers/replier.ts";
import type { KvCommand } from "../../../state_machine/mod.ts";
import type { Scheduler } from "../network/scheduler.ts";
import type { SimCrypto } from "../network/sim_crypto.ts";
import type { Observer } from "../observer.ts";
import type { ClientPlan } from "../plan/plan.ts";

/** Records what clients did and saw. */
export interface ClientHistory {
  invoke(operation: number, client: string, command: KvCommand, now: Millis): void;
  /** Records the operation's result, or null if its outcome is unknown. */
  finish(operation: number, result: Uint8Array | null, now: Millis): void;
}

/** A process of a client, which has connections of its own. */
export interface ClientProcess {
  readonly plan: ClientPlan;
}

export interface ClientWorld {
  readonly scheduler: Scheduler;
  readonly crypto: SimCrypto;
  /** Of the epoch that the client knows. */
  readonly epoch: number;
  readonly replicas: readonly ReplicaId[];
  readonly constants: ProtocolConstants;
  readonly observer: Observer;
  readonly history: ClientHistory;
  /** Numbers operations across all clients. */
  readonly nextOperation: () => number;
  /** Returns whether honest clients are to go on although they have finished their operations. */
  readonly goesOn: () => boolean;
  /** Returns whether faulty clients may act: not while the replicas have to settle by themselves. */
  readonly mayAct: () => boolean;
  request(client: string, to: readonly ReplicaId[], request: Signed<Request>, intervention: boolean): void;
  /** Says hello to every replica, for answers of `session`; `take` gets how far each has applied. */
  hello(process: ClientProcess, session: LogIndex, take: (replica: ReplicaId, appliedIndex: LogIndex) => void): void;
  /** Sessions that honest replicas have or had open for this client: clients may know what everyone can. */
  sessionsOf(client: string): readonly LogIndex[];
  /** Number of the lowest seq of a session, counted from 0, that is executed nowhere. */
  lowestIn(client: string, session: LogIndex): number;
  /** Returns the leader of the moment; null if there is none. */
  leader(): ReplicaId | null;
  /** Time for which the faults go on. */
  readonly safetyMs: Millis;
  /** Asks every replica; `take` gets what arrives. */
  fastRead(client: string, query: Uint8Array, take: (replica: ReplicaId, answer: QueryAnswer) => void): void;
}

/** One replica's answer. */
export interface Reply {
  readonly replica: ReplicaId;
  readonly leader: ReplicaId | null;
  readonly term: Term;
  readonly answers: ReplyPart["answers"];
}
