/** Receivers of requests for tests that order them: a state machine of one function, and a judge for labs whose roster never changes. */
import { clientId, digest } from "../../protocol/ids.ts";
import { type Executor, executorOf } from "../../protocol/operations/execute.ts";
import type { RosterChanges, StateMachine } from "../../protocol/ports.ts";

/** Returns a machine that answers commands and queries alike. */
export const answering = (answer: (bytes: Uint8Array) => Uint8Array): Executor => ({
  apply: (command) => answer(command),
  query: (query) => ({ version: 0, value: answer(query) }),
  change: (command) => answer(command),
  access: () => null,
});

const CLIENTS = ["mallory", "lessee", ...Array.from({ length: 128 }, (_, i) => `c${i}`)].map((id) => ({
  id: clientId(id),
}));

/** No change is valid; whoever is called mallory, lessee, or c and a number, may do everything. */
export const NO_CHANGES: RosterChanges = {
  current: { digest: digest("00".repeat(32)), roster: { epoch: 1, clients: CLIENTS } },
  judge: () => ({ next: null, refusal: "operators" }),
};

/** Returns what requests reach at a replica with this machine. */
export const executing = (machine: StateMachine, changes: RosterChanges = NO_CHANGES): Executor =>
  executorOf({ machine, changes });
