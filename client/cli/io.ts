/** The streams a command line uses, so that tests can stand in for the process. */

/** Standard streams. */
export interface Io {
  /** Writes to standard output. */
  out(data: string | Uint8Array): void;
  /** Writes a line to standard error. */
  err(line: string): void;
  /** Replaces the previous progress line on standard error if that is a terminal; otherwise shows nothing. */
  progress(line: string): void;
  readonly stdin: ReadableStream<Uint8Array>;
  readonly stdinIsTerminal: boolean;
  readonly stdoutIsTerminal: boolean;
}

/** Erases what the previous line had beyond this one. */
const ERASE_TO_END = "\u001b[K";

function writeAll(stream: { writeSync(data: Uint8Array): number }, data: Uint8Array): void {
  try {
    for (let at = 0; at < data.length;) at += stream.writeSync(data.subarray(at));
  } catch (error) {
    // The reader has gone (`client list | head`); there is no one left to tell.
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

/** Returns the process's own streams. */
export function processIo(): Io {
  const utf8 = new TextEncoder();
  return {
    out: (data) => writeAll(Deno.stdout, typeof data === "string" ? utf8.encode(data) : data),
    err: (line) => writeAll(Deno.stderr, utf8.encode(`${line}\n`)),
    progress(line) {
      if (Deno.stderr.isTerminal()) writeAll(Deno.stderr, utf8.encode(`\r${line}${ERASE_TO_END}`));
    },
    stdin: Deno.stdin.readable,
    stdinIsTerminal: Deno.stdin.isTerminal(),
    stdoutIsTerminal: Deno.stdout.isTerminal(),
  };
}
