/**
 * A thread that checks signatures from a board. It loads the backend by itself. Permissions are those of the process: what the main thread gives up is gone
 * here too.
 */
import type { SignatureBackend } from "../backend.ts";
import { loadBackend } from "../load_backend.ts";
import { ClaimsBoard } from "./claims_board.ts";
import type { FromThread, ToThread } from "./verify_threads.ts";

/** Surroundings of a dedicated worker, as far as they are used. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<ToThread>) => Promise<void>) | null;
  postMessage(message: FromThread): void;
}

const scope = globalThis as unknown as WorkerScope;

scope.onmessage = async ({ data: { choice, memory } }) => {
  const { backend } = await loadBackend(choice);
  const board = new ClaimsBoard(memory);
  scope.postMessage({ ready: backend.name });
  for (let batch = board.batch;;) {
    batch = board.awaitBatch(batch);
    checkFromTheEnd(backend, board, batch);
  }
};

/** The thread that posts begins at the front, so both meet somewhere. */
function checkFromTheEnd(backend: SignatureBackend, board: ClaimsBoard, batch: number): void {
  for (let place = board.count - 1; place >= 0 && board.batch === batch; place--) {
    if (!board.take(batch, place)) continue;
    const { signature, digest, publicKey } = board.claimAt(place);
    board.settle(batch, place, backend.verify(signature, digest, publicKey));
  }
}
