/** The replicated state of a node as checkers see it. */
import { createHash } from "node:crypto";
import { digest } from "../../../protocol/ids.ts";
import { sessionBytes } from "../../../protocol/snapshot/session_table.ts";
import type { CoreState } from "../../../replica/core/state.ts";
import { replicatedDigest } from "../../../replica/status/status.ts";
import type { KvStore } from "../../../state_machine/mod.ts";
import type { StateView } from "../observer.ts";

/** Returns the digests of a state and its machine. */
export function stateView(state: CoreState, machine: KvStore): StateView {
  const hash = createHash("sha256");
  for (const bytes of sessionBytes(state.sessions)) hash.update(bytes);
  return {
    appliedIndex: state.appliedIndex,
    digest: digest(replicatedDigest(machine.digest(), state)),
    sessions: digest(hash.digest("hex")),
  };
}
