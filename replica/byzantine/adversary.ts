/** The port through which a faulty replica departs from its honest core. */
import type { CoreConfig } from "../../protocol/config.ts";
import type { Millis } from "../../protocol/ids.ts";
import type { Hash } from "../../protocol/ports.ts";
import type { InputWithoutTime } from "../core/input.ts";
import type { ClientReply, Outgoing } from "../core/output.ts";
import type { CoreState } from "../core/state.ts";

/** The adversary's view of the replica it rides on. */
export interface Victim {
  readonly config: CoreConfig;
  readonly hash: Hash;
  /** The honest core's own state, to read: its term, log and certificates. */
  readonly state: CoreState;
}

export interface Adversary {
  /**
   * Returns what is sent instead of `outgoing`; it is signed with the replica's own key afterwards, whoever it names as sender. Called
   * after every batch of inputs, also when nothing is outgoing, so that an adversary can speak unasked.
   */
  readonly corrupt?: (outgoing: readonly Outgoing[], now: Millis) => readonly Outgoing[];
  /** Returns whether `input` is kept from the core. */
  readonly swallows?: (input: InputWithoutTime) => boolean;
  /** Returns the answers to a client instead of `reply`. */
  readonly answers?: (reply: ClientReply) => readonly ClientReply[];
}
