/** The streams a command line uses, so that tests can stand in for the process. */
import { writeError, writeOutput, writeProgress } from "./common/standard_streams.ts";
import type { Line } from "./input.ts";
import { readTyped } from "./typed_lines.ts";

/** Standard streams. */
export interface Io {
  /** Writes to standard output. Throws `OutputError` if that takes no more. */
  out(data: string | Uint8Array): void;
  /** Writes a line to standard error. */
  err(line: string): void;
  /** Replaces the previous progress line on standard error if that is a terminal; otherwise shows nothing. */
  progress(line: string): void;
  readonly stdin: ReadableStream<Uint8Array>;
  readonly stdoutIsTerminal: boolean;
  /** Reads lines that a person types, with editing and a history; null if nobody types or sees them. */
  readonly typed: ((prompt: string) => AsyncIterable<Line>) | null;
}

/** Returns the process's own streams. */
export function processIo(): Io {
  const stdoutIsTerminal = Deno.stdout.isTerminal();
  return {
    out: writeOutput,
    err: (line) => writeError(`${line}\n`),
    progress: writeProgress,
    // Not opened before it is needed: what a person types is read by the editor of lines instead.
    get stdin() {
      return Deno.stdin.readable;
    },
    stdoutIsTerminal,
    typed: stdoutIsTerminal && Deno.stdin.isTerminal() ? readTyped : null,
  };
}
