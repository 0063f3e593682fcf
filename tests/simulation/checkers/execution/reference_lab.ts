/** The replicated state as the core computes it, for tests of the checkers' own. */
import { createHash } from "node:crypto";
import { digest } from "../../../../protocol/ids.ts";
import { applyRequest, createSessionTable, sessionBytes } from "../../../../protocol/snapshot/session_table.ts";
import type { CoreState } from "../../../../replica/core/state.ts";
import { KvStore } from "../../../../state_machine/mod.ts";
import { replicatedDigest } from "../../../../replica/status/status.ts";
import type { ChainedEntry } from "../../../../protocol/entry.ts";

/** Returns the digests of the state after `chain`, which begins at genesis, as an observer is shown them. */
export function viewAfter(chain: readonly ChainedEntry[], window = 16) {
  const sessions = createSessionTable(window);
  const machine = new KvStore();
  for (const { entry: { index, requests } } of chain) {
    for (const { message } of requests ?? []) {
      applyRequest(sessions, message, index, (bytes) => machine.apply(bytes, { index, client: message.client }));
    }
  }
  const hash = createHash("sha256");
  for (const bytes of sessionBytes(sessions)) hash.update(bytes);
  const state = { sessions } as CoreState;
  return { digest: digest(replicatedDigest(machine.digest(), state)), sessions: digest(hash.digest("hex")) };
}
