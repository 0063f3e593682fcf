/** A check against requests that a core never makes. */
import { StorageError } from "./port.ts";

/** Throws {@linkcode StorageError} naming `what` was asked for unless `holds`. */
export function demand(holds: boolean, what: () => string): void {
  if (!holds) throw new StorageError(`Refused to write ${what()}: the core must never ask for it`);
}
