/** The progress of long work, for people: one line on standard error, rewritten, and nothing where that is no terminal. */
import { writeProgress } from "../../client/cli/common/standard_streams.ts";

const INTERVAL_MS = 100;

/** Shows a line at most ten times a second, until it is removed. */
export interface Progress {
  show(line: () => string): void;
  /** Removes the line, so that something else can be printed in its place. */
  clear(): void;
}

/** Returns a progress line; one that shows nothing if `isShown` is false, as where the output is for programs. */
export function createProgress(isShown: boolean, write = writeProgress, now = () => performance.now()): Progress {
  let due = -Infinity;
  let isThere = false;
  return {
    show(line) {
      if (!isShown || now() < due) return;
      due = now() + INTERVAL_MS;
      isThere = true;
      write(line());
    },
    clear() {
      if (isThere) write("");
      isThere = false;
      due = -Infinity;
    },
  };
}
