/** Every mutant there is. */
import type { Mutant } from "../mutant.ts";
import { CRASH } from "./crash.ts";
import { EPOCHS } from "./epochs.ts";
import { INGRESS } from "./ingress.ts";
import { LEADERS } from "./leaders.ts";
import { LIVENESS } from "./liveness.ts";
import { LIVENESS_CHECKPOINTS } from "./liveness_checkpoints.ts";
import { LIVENESS_EPOCHS } from "./liveness_epochs.ts";
import { MORE } from "./more.ts";
import { PACE } from "./pace.ts";
import { SAFETY_ACKS } from "./safety_acks.ts";
import { SAFETY_CHECKPOINTS } from "./safety_checkpoints.ts";
import { SAFETY_CLIENTS } from "./safety_clients.ts";
import { SAFETY_DURABILITY } from "./safety_durability.ts";
import { SAFETY_QUORUMS } from "./safety_quorums.ts";
import { SAFETY_RECOVERY } from "./safety_recovery.ts";
import { SAFETY_TRANSFER } from "./safety_transfer.ts";
import { SAFETY_VOTES } from "./safety_votes.ts";
import { TIME } from "./time.ts";

const MUTANTS: readonly Mutant[] = [
  ...SAFETY_QUORUMS,
  ...SAFETY_ACKS,
  ...SAFETY_VOTES,
  ...SAFETY_DURABILITY,
  ...SAFETY_CLIENTS,
  ...SAFETY_CHECKPOINTS,
  ...SAFETY_TRANSFER,
  ...SAFETY_RECOVERY,
  ...CRASH,
  ...EPOCHS,
  ...INGRESS,
  ...MORE,
  ...LEADERS,
  ...PACE,
  ...TIME,
  ...LIVENESS,
  ...LIVENESS_CHECKPOINTS,
  ...LIVENESS_EPOCHS,
];

/** Returns all mutants, safety first. */
export const listMutants = (): readonly Mutant[] => MUTANTS;

/** Returns the mutant called `name`. Throws `RangeError` if there is none. */
export function findMutant(name: string): Mutant {
  const found = MUTANTS.find((mutant) => mutant.name === name);
  if (!found) {
    throw new RangeError(`mutant was given as ${name}; wanted one of ${MUTANTS.map((m) => m.name).join(" ")}`);
  }
  return found;
}
