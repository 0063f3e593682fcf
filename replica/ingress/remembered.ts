/** Looks at what comes in for signatures that this replica gave and does not know (§1.3). */
import type { CoreState } from "../core/state.ts";
import { forgottenBy, ForgottenError } from "../disk/forgotten_signatures.ts";
import type { Admission } from "./admission.ts";

/** Throws ForgottenError where a packet shows what this replica signed and does not remember (§1.3). */
export function assertRemembered(state: CoreState, admission: Admission): void {
  if (!("admitted" in admission) || admission.admitted?.kind !== "packet") return;
  const what = forgottenBy(state, admission.admitted.packet);
  if (what !== null) throw new ForgottenError(`${state.config.self} has signed ${what}; this disk knows nothing of it`);
}
