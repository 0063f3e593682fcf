/** The surroundings of a simulated replica, and what can be done to it. */
import type { Millis, ReplicaId } from "../../../protocol/ids.ts";
import type { PeerMessage, Request } from "../../../protocol/message.ts";
import type { Packet } from "../../../protocol/packet.ts";
import type { Signed } from "../../../protocol/signed.ts";
import type { Victim } from "../../../replica/byzantine/mod.ts";
import type { Input, InputWithoutTime } from "../../../replica/core/input.ts";
import type { ClientReply } from "../../../replica/core/output.ts";
import type { CoreState } from "../../../replica/core/state.ts";
import type { Verdict } from "../../../replica/core/verdict.ts";
import type { SimAdversary } from "../actors/actor.ts";
import type { Owner } from "../epochs/run_epochs.ts";
import type { Observer } from "../observer.ts";

/** Signs for one replica. */
export type Sign = (message: PeerMessage, body: Uint8Array) => Uint8Array;

/** Everything around a node. */
export interface NodeWorld {
  /** Virtual time. */
  now(): Millis;
  /** Bytes of a snapshot written at a time; if absent, as many as a real replica writes. */
  /** True if its state machine waits for log time (§15). */
  readonly waits?: boolean;
  readonly snapshotBytes?: number;
  /** Returns the time on the clock of `at`. */
  clock(at: ReplicaId): Millis;
  /** Sends; `to` are names of peers, `epoch` is the one that the sender is in. */
  send(from: ReplicaId, to: readonly ReplicaId[], packet: Packet, epoch: number): void;
  reply(from: ReplicaId, reply: ClientReply): void;
  /** Called when `from` turned a client's request away, to be sent again after `waitMs`. */
  busy?(from: ReplicaId, request: Signed<Request>, waitMs: Millis): void;
  readonly observer: Observer;
  /** Changes what a node begins with that has no checkpoint. */
  prepare?(state: CoreState): void;
  observe?(at: ReplicaId, input: Input, verdict: Verdict): void;
  /** Called when `at` has handled inputs, or is down now. */
  handled?(at: ReplicaId): void;
  /** Called when `at` has a core in another epoch than before. */
  entered?(at: ReplicaId): void;
  /** Called when an armed crash point was passed, and `at` is down. */
  crashed?(at: ReplicaId): void;
  /** Called when the disk of `at` takes no writes, and `at` is down until it is started again. */
  refused?(at: ReplicaId): void;
  /** Called when `at` stopped by itself; without this hook the error is rethrown. */
  failed?(at: ReplicaId, error: Error): void;
}

/** Arrival at a node: a peer's packet, or a client's request whose signature was checked. */
export type Arrival =
  | { readonly packet: Packet; readonly from?: Owner }
  | { readonly request: Extract<InputWithoutTime, { readonly kind: "request" }> };

/** Makes a node faulty; called anew at each start. */
export type Corruption = (victim: Victim) => SimAdversary;
