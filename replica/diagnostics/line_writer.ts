/** The end of the log: lines to a file descriptor that may be full, closed or gone. A log that cannot be written must end nothing. */

/** Writes lines, and counts those that were lost. */
export interface LineWriter {
  /** Writes `line` and a line end. Never throws. */
  write(line: string): void;
  /** Lines that were not written, or only in part. */
  readonly lost: number;
}

/** The synchronous end of a stream, as `Deno.stderr` is one. */
export interface SyncSink {
  writeSync(bytes: Uint8Array): number;
}

/** Returns a writer to `sink`. The first line that gets through after lost ones is preceded by what `notice` makes of their number. */
export function createLineWriter(sink: SyncSink, notice: (lost: number) => string): LineWriter {
  const encoder = new TextEncoder();
  let lost = 0;
  let untold = 0;
  /** True while the last bytes written are the beginning of a line that was lost. */
  let torn = false;
  const put = (text: string): boolean => {
    const bytes = encoder.encode(text);
    let at = 0;
    try {
      while (at < bytes.length) {
        const count = sink.writeSync(bytes.subarray(at));
        if (count <= 0) break;
        at += count;
      }
    } catch {
      // A full disk, a closed pipe: there is nowhere to tell it but in the status.
    }
    const done = at === bytes.length;
    torn = done ? false : torn || at > 0;
    return done;
  };
  return {
    get lost() {
      return lost;
    },
    write(line) {
      const start = torn ? "\n" : "";
      const told = untold === 0 || put(`${start}${notice(untold)}\n`);
      if (told) untold = 0;
      if (told && put(`${torn ? "\n" : ""}${line}\n`)) return;
      lost++;
      untold++;
    },
  };
}
