/** Threads that check signatures ahead of the one that asks for them. */
import type { BackendName } from "../backend.ts";
import type { BackendChoice } from "../load_backend.ts";
import { ClaimsBoard } from "./claims_board.ts";

/** Words to a thread, and from it. */
export interface ToThread {
  readonly choice: BackendChoice;
  readonly memory: SharedArrayBuffer;
}
export interface FromThread {
  /** Name of the backend that it has loaded. */
  readonly ready: BackendName;
}

/** Most threads of one process: beyond, the one that asks is the slowest part. */
export const MAX_VERIFY_THREADS = 8;
/** Time a thread has for loading its backend, in milliseconds. */
const READY_MS = 10_000;

export interface VerifyThreads {
  readonly board: ClaimsBoard;
  /** Ends the threads. */
  close(): void;
}

/**
 * Starts `count` threads with the backend that `choice` loads, which has to be `expected`. Rejects if one of them does not come up; then none stays. They need the
 * permissions that loading took, and to read the sources of this project.
 */
export async function startVerifyThreads(
  count: number,
  choice: BackendChoice,
  expected: BackendName,
): Promise<VerifyThreads> {
  const board = new ClaimsBoard();
  const workers = Array.from(
    { length: count },
    () => new Worker(import.meta.resolve("./verify_worker.ts"), { type: "module" }),
  );
  const close = () => workers.forEach((worker) => worker.terminate());
  try {
    await Promise.all(workers.map((worker) => ready(worker, { choice, memory: board.memory }, expected)));
    return { board, close };
  } catch (error) {
    close();
    throw error;
  }
}

async function ready(worker: Worker, told: ToThread, expected: BackendName): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<FromThread>();
  const timer = setTimeout(() => reject(new Error(`no thread within ${READY_MS} ms`)), READY_MS);
  worker.onmessage = ({ data }: MessageEvent<FromThread>) => resolve(data);
  worker.onerror = (event) => {
    event.preventDefault();
    reject(new Error(event.message));
  };
  worker.postMessage(told);
  try {
    const { ready: name } = await promise;
    if (name !== expected) throw new Error(`it has loaded ${name}, wanted ${expected}`);
  } finally {
    clearTimeout(timer);
  }
}
