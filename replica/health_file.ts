/** A file that tells whoever supervises the process how the replica is: `ok`, or the reason for which it takes no part in a quorum. */

/** Interval between two writes, in milliseconds. Whoever reads a file older than a few of these knows that the process hangs or is gone. */
export const HEALTH_INTERVAL_MS = 2000;
/** Content while nothing is wrong. */
export const HEALTHY = "ok";

export interface HealthFile {
  /** Removes the file, and ends the writing. */
  end(): void;
}

/** Writes what `trouble` returns, null being {@linkcode HEALTHY}, to `path` now and every {@linkcode HEALTH_INTERVAL_MS}. Never throws. */
export function keepHealthFile(path: string, trouble: () => string | null): HealthFile {
  const write = () => {
    try {
      // Renamed into place, so that nobody reads half a word.
      Deno.writeTextFileSync(`${path}.tmp`, `${trouble() ?? HEALTHY}\n`);
      Deno.renameSync(`${path}.tmp`, path);
    } catch {
      // Its age tells that it is not written.
    }
  };
  write();
  const timer = setInterval(write, HEALTH_INTERVAL_MS);
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
