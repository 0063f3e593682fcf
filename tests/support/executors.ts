/** State machines of one function, for tests that order requests and care for nothing but their results. */
import type { Executor } from "../../protocol/operations/execute.ts";

/** Returns a machine that answers commands and queries alike. */
export const answering = (answer: (bytes: Uint8Array) => Uint8Array): Executor => ({
  apply: (command) => answer(command),
  query: (query) => ({ version: 0, value: answer(query) }),
  change: (command) => answer(command),
});
