/** Chains of rosters: each names the digest of the one before it, and the operator signed every one (§2.1). */
import { ConfigError } from "../config_error.ts";
import type { SignedRoster } from "./parse_roster.ts";

/**
 * Throws `ConfigError` unless `next` follows `before`: same cluster, same operator, the next epoch, and the digest of `before`. Both are verified
 * rosters already.
 */
export function requireSuccessor(before: SignedRoster, next: SignedRoster): void {
  const [a, b] = [before.roster, next.roster];
  const refuse = (what: string, given: unknown, wanted: unknown): never => {
    throw new ConfigError(`roster behind epoch ${a.epoch}: given ${what} ${given}, wanted ${wanted}`);
  };
  if (b.cluster !== a.cluster) refuse("cluster", b.cluster, a.cluster);
  if (b.operatorKey !== a.operatorKey) refuse("operator key", b.operatorKey, a.operatorKey);
  if (b.epoch !== a.epoch + 1) refuse("epoch", b.epoch, a.epoch + 1);
  if (b.previous !== before.digest) refuse("previous digest", b.previous, `${before.digest}, that of epoch ${a.epoch}`);
}
