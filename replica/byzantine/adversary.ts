/** The port through which a faulty replica departs from its honest core. */
import type { CoreConfig } from "../core/config.ts";
import type { Hash } from "../core/ports.ts";
import type { Outgoing } from "../core/output.ts";
import type { InputWithoutTime } from "../effects.ts";

/** What an adversary is told of the replica it rides on. */
export interface Victim {
  readonly config: CoreConfig;
  readonly hash: Hash;
}

export interface Adversary {
  /** What is sent instead of `outgoing`; it is signed with the replica's own key afterwards. */
  readonly corrupt?: (outgoing: readonly Outgoing[]) => readonly Outgoing[];
  /** Whether the core never hears of `input`. */
  readonly swallows?: (input: InputWithoutTime) => boolean;
}
