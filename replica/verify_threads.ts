/** Threads of a replica that check signatures ahead (docs/performance.md). */
import type { LoadedBackend } from "../crypto/signing/load_backend.ts";
import { checkAhead } from "../crypto/signing/threads/ahead_backend.ts";
import { startVerifyThreads } from "../crypto/signing/threads/verify_threads.ts";
import type { ReplicaFlags } from "./flags.ts";

/** Processors from which on a replica is thought to have one to spare. */
const SPARE_FROM = 3;

/** Returns how many threads `flags` ask for on a machine of `processors`. */
export const threadsFor = ({ verifyThreads }: Pick<ReplicaFlags, "verifyThreads">, processors: number): number =>
  verifyThreads ?? (processors >= SPARE_FROM ? 1 : 0);

/** A backend with threads that help it, or why there are none though some were wanted. */
export interface Threaded {
  readonly loaded: LoadedBackend;
  readonly refusal: string | null;
  close(): void;
}

/** Starts `count` threads beside the backend that was `loaded`. Without them a replica does all by itself, so their failure is none of its own. */
export async function withThreads(
  loaded: LoadedBackend,
  count: number,
  { crypto }: Pick<ReplicaFlags, "crypto">,
): Promise<Threaded> {
  const alone = { loaded, refusal: null, close: () => {} };
  if (count === 0) return alone;
  const { backend } = loaded;
  try {
    const { board, close } = await startVerifyThreads(count, crypto, backend.name);
    return { ...alone, loaded: { ...loaded, backend: checkAhead(backend, board), threads: count }, close };
  } catch (error) {
    return { ...alone, refusal: error instanceof Error ? error.message : String(error) };
  }
}
