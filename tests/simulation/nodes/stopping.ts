/** Errors by which a replica stops itself. */
import { InvariantError } from "../../../protocol/invariant.ts";
import { ForgottenError } from "../../../replica/disk/forgotten_signatures.ts";
import { GuardError, StorageError } from "../../../replica/storage/port.ts";

const STOPPING = [InvariantError, GuardError, StorageError, ForgottenError];

/** Returns whether `error` is one of them. */
export const stopsItself = (error: Error): boolean => STOPPING.some((kind) => error instanceof kind);
