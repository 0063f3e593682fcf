/** Refusals of a roster that cannot be changed to, in words that say what is in force and what to do. */
import { ConfigError } from "../../crypto/config_error.ts";
import type { SignedRoster } from "../../crypto/roster/parse_roster.ts";
import { faultOfSuccessor, type Predecessor, refuseFault } from "../../crypto/roster/roster_chain.ts";

const ANEW = "prepare it anew behind that one (client roster show, roster …), and have it signed";

/** Returns the words for a roster that is in another place of the chain than behind `before`; null if it is not. */
function misplaced(
  { roster: before, digest }: Predecessor,
  { roster: next, digest: given }: SignedRoster,
): string | null {
  const inForce = `epoch ${before.epoch} with digest ${digest} is in force`;
  if (next.cluster !== before.cluster) {
    return `given the roster of cluster ${next.cluster}, wanted one of ${before.cluster}`;
  }
  if (next.epoch < before.epoch) return `given epoch ${next.epoch}, which is over: ${inForce}`;
  if (next.epoch === before.epoch) {
    return `given another roster of epoch ${next.epoch}, with digest ${given}: another change came first, and ${inForce}; ${ANEW}`;
  }
  if (next.epoch > before.epoch + 1) {
    return `given epoch ${next.epoch}, wanted ${before.epoch + 1}: ${inForce}; make the changes between first`;
  }
  if (next.previous === digest) return null;
  return `given one that follows another roster of epoch ${before.epoch}, with digest ${next.previous}: ${inForce}; ${ANEW}`;
}

/** Throws `ConfigError` unless a cluster in which `before` is in force may change to `next`. */
export function requireNext(before: Predecessor, next: SignedRoster): void {
  const words = misplaced(before, next);
  if (words !== null) throw new ConfigError(`reconfigure: ${words}`);
  refuseFault(before, faultOfSuccessor(before, next.roster, next.signatures));
}
