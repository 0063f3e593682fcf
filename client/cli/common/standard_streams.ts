/** The process's own output streams. Their reader may go away and their disk may be full, which is nobody's programming error. */

/** Thrown when standard output takes no more. What was to be printed is lost; what was done before is done. */
export class OutputError extends Error {
  override readonly name = "OutputError";

  constructor(cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`standard output was given a result and took no more of it (${reason}); what was to be done is done`, {
      cause,
    });
  }
}

interface Stream {
  writeSync(data: Uint8Array): number;
}

const UTF8 = new TextEncoder();
/** Erases what the previous line had beyond this one. */
const ERASE_TO_END = "\u001b[K";

/** Writes to standard output. Throws {@linkcode OutputError} if it is closed or full. */
export function writeOutput(data: string | Uint8Array, stream: Stream = Deno.stdout): void {
  try {
    writeAll(stream, typeof data === "string" ? UTF8.encode(data) : data);
  } catch (cause) {
    throw new OutputError(cause);
  }
}

/** Writes to standard error; if that takes nothing, there is no one left to tell. */
export function writeError(text: string, stream: Stream = Deno.stderr): void {
  try {
    writeAll(stream, UTF8.encode(text));
  } catch {
    // See above.
  }
}

/** Replaces the previous progress line on standard error if that is a terminal, or removes it if `line` is empty. */
export function writeProgress(line: string): void {
  if (Deno.stderr.isTerminal()) writeError(`\r${line}${ERASE_TO_END}`);
}

function writeAll(stream: Stream, data: Uint8Array): void {
  for (let at = 0; at < data.length;) at += stream.writeSync(data.subarray(at));
}
