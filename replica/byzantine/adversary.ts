/** The port through which a faulty replica departs from its honest core. */
import type { Outgoing } from "../core/output.ts";
import type { InputWithoutTime } from "../effects.ts";

export interface Adversary {
  /** What is sent instead of `outgoing`; it is signed with the replica's own key afterwards. */
  readonly corrupt?: (outgoing: readonly Outgoing[]) => readonly Outgoing[];
  /** Whether the core never hears of `input`. */
  readonly swallows?: (input: InputWithoutTime) => boolean;
}
