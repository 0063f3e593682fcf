/** The outputs of a core. The shell executes them strictly in this order: persist, sign, send, apply, reply. */
import type { ClientId, LogIndex, ReplicaId } from "../../protocol/ids.ts";
import type { Answer } from "../../protocol/message.ts";
import type { UnsignedPacket } from "../../protocol/packet.ts";
import type { PersistOperation } from "./log/durable_state.ts";
import type { Verdict } from "./verdict.ts";

/** A packet to sign and send: to named replicas, or published to all. */
export interface Outgoing {
  readonly to: readonly ReplicaId[] | "all";
  readonly packet: UnsignedPacket;
}

/** An answer and whom it is for. */
export interface SessionAnswer extends Answer {
  /** Session of the command that it settles; null for a register, which is before any. */
  readonly session: LogIndex | null;
}

/** Answers to one client from one batch. They fit in one Reply; the shell tells each of the client's processes what it needs of them. */
export interface ClientReply {
  readonly client: ClientId;
  readonly answers: readonly SessionAnswer[];
  /** Set for what was settled before and asked for again: only who asked needs it. */
  readonly again?: true;
}

/** An event for the operator's log; one line for each. */
export interface CoreEvent {
  readonly event: string;
  readonly level: "debug" | "info" | "warn";
  readonly fields: Readonly<Record<string, string | number | boolean | null>>;
}

export interface Outputs {
  /** The verdict on the input; faults are only counted and reported, never thrown. */
  verdict: Verdict;
  readonly persist: PersistOperation[];
  readonly messages: Outgoing[];
  readonly replies: ClientReply[];
  readonly events: CoreEvent[];
}
