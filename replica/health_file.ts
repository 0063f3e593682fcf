/** A file that tells whoever supervises the process how the replica is: `ok`, or the reason for which it takes no part in a quorum. */
import { ConfigError } from "../crypto/config_error.ts";
import { unusablePath } from "../crypto/files.ts";

/** Interval between two writes, in milliseconds. Whoever reads a file older than a few of these knows that the process hangs or is gone. */
export const HEALTH_INTERVAL_MS = 2000;
/** Content while nothing is wrong. */
export const HEALTHY = "ok";

/** Content until the replica has started. */
const STARTING = "starting";

export interface HealthFile {
  /** Removes the file, and ends the writing. */
  end(): void;
}

const unfinished = (path: string): string => `${path}.tmp`;

/** Returns the paths that are written: the file, and the one that takes its place. */
export const healthPaths = (path: string): string[] => [path, unfinished(path)];

/** Renames a word into place, so that nobody reads half of it. */
function write(path: string, word: string): void {
  Deno.writeTextFileSync(unfinished(path), `${word}\n`);
  Deno.renameSync(unfinished(path), path);
}

/** Writes that the replica is starting. Throws `ConfigError` if `path` can be no file; a disk that takes nothing now may do so later. */
export function beginHealthFile(path: string): void {
  try {
    write(path, STARTING);
  } catch (cause) {
    const error = unusablePath(path, cause, "a file in a directory that takes one");
    if (error instanceof ConfigError) throw error;
  }
}

/** Writes what `trouble` returns, null being {@linkcode HEALTHY}, to `path` now and every {@linkcode HEALTH_INTERVAL_MS}. Never throws. */
export function keepHealthFile(path: string, trouble: () => string | null): HealthFile {
  const tell = () => {
    try {
      write(path, trouble() ?? HEALTHY);
    } catch {
      // Its age tells that it is not written.
    }
  };
  tell();
  const timer = setInterval(tell, HEALTH_INTERVAL_MS);
  Deno.unrefTimer(timer);
  return {
    end() {
      clearInterval(timer);
      try {
        Deno.removeSync(path);
      } catch {
        // Never written, or gone already.
      }
    },
  };
}
