/** Refusals of both twins about the archive of epochs, whatever is to be written there. */
import { demand } from "./demand.ts";
import type { ArchivedEpoch } from "./port.ts";

/** Throws {@linkcode StorageError} if an epoch must not be archived so: ends are kept for ever (§13.8). */
export function assertArchivable(epoch: number, before: ArchivedEpoch | null, end: Uint8Array | null): void {
  demand(Number.isSafeInteger(epoch) && epoch >= 1, () => `epoch ${epoch}`);
  demand(end !== null || before === null || before.end === null, () => `epoch ${epoch} without its end, which is held`);
}
