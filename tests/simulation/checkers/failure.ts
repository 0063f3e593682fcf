/** Turns the error that stopped an honest replica into a violation, named after it. */
import type { ReplicaId } from "../../../protocol/ids.ts";
import { InvariantError } from "../../../protocol/invariant.ts";
import { GuardError, StorageError } from "../../../replica/storage/port.ts";
import { ViolationError } from "../observer.ts";

/** Returns the violation that `error` of honest `at` is: its invariant, `guard`, `storage` or `threw`. */
export function failureOf(at: ReplicaId, error: Error): ViolationError {
  if (error instanceof ViolationError) return error;
  return new ViolationError(nameOf(error), `${at} stopped: ${error.message}`);
}

function nameOf(error: Error): string {
  if (error instanceof InvariantError) return error.invariant;
  if (error instanceof GuardError) return "guard";
  return error instanceof StorageError ? "storage" : "threw";
}
