/** The replicated state as the core computes it, for tests of the checkers' own. */
import { createHash } from "node:crypto";
import { sha256Hex } from "../../../../crypto/digest.ts";
import type { ChainedEntry } from "../../../../protocol/entry.ts";
import { clientId, digest } from "../../../../protocol/ids.ts";
import { applyRequest, createSessionTable, sessionBytes } from "../../../../protocol/snapshot/session_table.ts";
import type { SessionBounds } from "../../../../protocol/snapshot/session_types.ts";
import type { CoreState } from "../../../../replica/core/state.ts";
import { replicatedDigest } from "../../../../replica/status/status.ts";
import { KvStore } from "../../../../state_machine/mod.ts";
import { executing } from "../../../support/executors.ts";
import { openSessions } from "../../../support/numbered_requests.ts";

/** The bounds of the checkers' own tests. */
export const BOUNDS: SessionBounds = { sessionWindow: 16, sessionsPerClient: 4, registrationHorizon: 1000 };

/** Returns the digests of the state after `chain`, which begins at genesis, as an observer is shown them. */
export function viewAfter(chain: readonly ChainedEntry[], bounds: SessionBounds = BOUNDS) {
  const sessions = createSessionTable(bounds);
  openSessions(sessions, [clientId("c1"), clientId("c2")]);
  const machine = new KvStore();
  for (const { entry: { index, requests } } of chain) {
    for (const { message, body } of requests ?? []) {
      applyRequest(sessions, message, sha256Hex(body), index, executing(machine));
    }
  }
  const hash = createHash("sha256");
  for (const bytes of sessionBytes(sessions)) hash.update(bytes);
  const state = { sessions } as CoreState;
  return { digest: digest(replicatedDigest(machine.digest(), state)), sessions: digest(hash.digest("hex")) };
}
