/** The port through which a faulty replica departs from its honest core. */
import type { CoreConfig } from "../../protocol/config.ts";
import type { Millis } from "../../protocol/ids.ts";
import type { Hash } from "../../protocol/ports.ts";
import type { ClientReply, Outgoing } from "../core/output.ts";
import type { CoreState } from "../core/state.ts";
import type { InputWithoutTime } from "../core/input.ts";

/** What an adversary is told of the replica it rides on. */
export interface Victim {
  readonly config: CoreConfig;
  readonly hash: Hash;
  /** The honest core's own state, to look at: its term, log and certificates. */
  readonly state: CoreState;
}

export interface Adversary {
  /**
   * What is sent instead of `outgoing`; it is signed with the replica's own key afterwards, whomever it names. Asked after every
   * batch of inputs, with nothing outgoing too, so that an adversary can also speak unasked.
   */
  readonly corrupt?: (outgoing: readonly Outgoing[], now: Millis) => readonly Outgoing[];
  /** Whether the core never hears of `input`. */
  readonly swallows?: (input: InputWithoutTime) => boolean;
  /** What a client is answered instead of `reply`. */
  readonly answers?: (reply: ClientReply) => readonly ClientReply[];
}
