/** What surrounds a simulated replica, and what is done to it. */
import type { CoreState } from "../../../replica/core/state.ts";
import type { Victim } from "../../../replica/byzantine/mod.ts";
import type { Millis, ReplicaId } from "../../../protocol/ids.ts";
import type { Input, InputWithoutTime } from "../../../replica/core/input.ts";
import type { PeerMessage } from "../../../protocol/message.ts";
import type { ClientReply } from "../../../replica/core/output.ts";
import type { Packet } from "../../../protocol/packet.ts";
import type { Verdict } from "../../../replica/core/verdict.ts";
import type { SimAdversary } from "../actors/actor.ts";
import type { Observer } from "../observer.ts";

/** Signs for one replica. */
export type Sign = (message: PeerMessage, body: Uint8Array) => Uint8Array;

/** Everything around a node. */
export interface NodeWorld {
  /** Virtual time. */
  now(): Millis;
  /** Bytes of a snapshot written at a time; as many as a real replica does, if absent. */
  readonly snapshotBytes?: number;
  /** Time on the clock of `at`. */
  clock(at: ReplicaId): Millis;
  send(from: ReplicaId, to: readonly ReplicaId[], packet: Packet): void;
  reply(from: ReplicaId, reply: ClientReply): void;
  readonly observer: Observer;
  /** Changes what a node begins with that has no checkpoint. */
  prepare?(state: CoreState): void;
  observe?(at: ReplicaId, input: Input, verdict: Verdict): void;
  /** `at` has handled inputs, or is down now. */
  handled?(at: ReplicaId): void;
  /** An armed crash point was passed, and `at` is down. */
  crashed?(at: ReplicaId): void;
  /** The disk of `at` takes no writes, and `at` is down until somebody starts it again. */
  refused?(at: ReplicaId): void;
  /** `at` stopped by itself; without this hook the error is thrown on. */
  failed?(at: ReplicaId, error: Error): void;
}

/** What arrives at a node: a peer's packet, or a client's request whose signature was checked. */
export type Arrival =
  | { readonly packet: Packet }
  | { readonly request: Extract<InputWithoutTime, { readonly kind: "request" }> };

/** What makes a node faulty: asked anew at each start. */
export type Corruption = (victim: Victim) => SimAdversary;
