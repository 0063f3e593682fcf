/** Chains of rosters: each names the digest of the one before it, and the operators of that one signed it. */
import type { ChangeRefusal } from "../../protocol/operations/change.ts";
import { quorumOf } from "../../protocol/quorum.ts";
import { ConfigError } from "../config_error.ts";
import { countSigners, haveSigned, neededText, operatorsOf, type Signers } from "./operators.ts";
import type { RosterFile, SignedRoster } from "./parse_roster.ts";
import type { Roster } from "./roster_types.ts";

/** Reason why a roster does not follow another one. */
export interface SuccessorFault {
  readonly refusal: ChangeRefusal;
  /** Words for people: what was given, and what is wanted. */
  readonly text: string;
}

/** A roster and the digest that the next one has to name. */
export type Predecessor = Pick<RosterFile, "roster" | "digest">;

const fault = (refusal: ChangeRefusal, what: string, given: unknown, wanted: unknown): SuccessorFault => ({
  ...{ refusal, text: `given ${what} ${given}, wanted ${wanted}` },
});

/** Finds a fault of what never changes. */
function faultOfFixed({ roster: before }: Predecessor, next: Roster): SuccessorFault | null {
  if (next.cluster !== before.cluster) return fault("successor", "cluster", next.cluster, before.cluster);
  const [given, wanted] = [next.constants.profile, before.constants.profile];
  if (given !== wanted) return fault("successor", "profile", given, `${wanted}: it stays for ever`);
  const { allowPlaintext } = before;
  if (next.allowPlaintext === allowPlaintext) return null;
  return fault("successor", "allowPlaintext", next.allowPlaintext, `${allowPlaintext}: it stays for ever`);
}

function faultOfPlace({ roster: before, digest }: Predecessor, next: Roster): SuccessorFault | null {
  if (next.epoch !== before.epoch + 1) return fault("epoch", "epoch", next.epoch, before.epoch + 1);
  if (next.previous === digest) return null;
  return fault("previous", "previous digest", next.previous, `${digest}, that of epoch ${before.epoch}`);
}

/** §13.1c: what the session table holds has to have room. */
function faultOfBounds({ roster: { constants } }: Predecessor, next: Roster): SuccessorFault | null {
  const name = (["sessionWindow", "sessionsPerClient"] as const)
    .find((name) => next.constants[name] < constants[name]);
  if (name === undefined) return null;
  return fault("successor", name, next.constants[name], `at least ${constants[name]}: it may only rise`);
}

/** §13.1d: an honest replica has to go from one epoch to the next, or nobody would tell those who are new how theirs began. */
function faultOfStaying({ roster: before }: Predecessor, next: Roster): SuccessorFault | null {
  const keys = new Map(next.replicas.map(({ publicKey, curveKey }) => [publicKey, curveKey]));
  const staying = before.replicas.filter(({ publicKey, curveKey }) => keys.get(publicKey) === curveKey).length;
  const { weak } = quorumOf(before.replicas.length, before.constants.profile);
  if (staying >= weak) return null;
  return fault(
    "successor",
    "replicas that stay with both keys",
    staying,
    `at least ${weak}: change the others in a next step`,
  );
}

/** §13.2f: where a checkpoint is due at every entry there is no place for a stop-sign. */
function faultOfStop({ roster: { constants: { checkpointEvery } } }: Predecessor): SuccessorFault | null {
  if (checkpointEvery > 1) return null;
  return fault(
    "successor",
    "a roster behind one with checkpointEvery",
    checkpointEvery,
    "one of at least 2: stop all, and begin anew",
  );
}

/** Returns what keeps `next` from following `before`, but for signatures; null if nothing does. Both are valid by themselves. */
export const faultOfContent = (before: Predecessor, next: Roster): SuccessorFault | null =>
  faultOfFixed(before, next) ?? faultOfPlace(before, next) ?? faultOfBounds(before, next) ??
    faultOfStaying(before, next) ?? faultOfStop(before);

/** §13.1a, §13.1b: finds too few signatures: operators of the roster before have to sign, and of the new one: a roster whose operators cannot sign could never be changed again. */
export function faultOfSigners({ roster }: Predecessor, next: Roster, signers: Signers): SuccessorFault | null {
  for (const [operators, whose] of [[operatorsOf(roster), "before"], [operatorsOf(next), "itself"]] as const) {
    if (haveSigned(operators, signers)) continue;
    const wanted = `those of ${neededText(operators)} of the roster ${whose}`;
    return fault("operators", "the signatures of", countSigners(operators, signers), wanted);
  }
  if (signers.has(next.operatorKey)) return null;
  return fault("operators", "no signature of the new operatorKey", next.operatorKey, "one");
}

/** Returns what keeps `next` from following `before` (§13.1); null if nothing does. `signers` are the keys whose signatures over `next` verify. */
export const faultOfSuccessor = (before: Predecessor, next: Roster, signers: Signers): SuccessorFault | null =>
  faultOfContent(before, next) ?? faultOfSigners(before, next, signers);

/** Throws the `ConfigError` of a fault, if there is one. */
export function refuseFault({ roster: { epoch } }: Predecessor, found: SuccessorFault | null): void {
  if (found !== null) throw new ConfigError(`roster behind epoch ${epoch}: ${found.text}`);
}

/** Throws `ConfigError` unless `next` follows `before`. Both are verified rosters already. */
export const requireSuccessor = (before: SignedRoster, next: SignedRoster): void =>
  refuseFault(before, faultOfSuccessor(before, next.roster, next.signatures));
