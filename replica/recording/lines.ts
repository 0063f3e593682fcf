/** The lines of a recording, one after another, so that its size does not matter. */
import { ConfigError } from "../../crypto/config_error.ts";
import { MAX_LINE_CHARS } from "./chain.ts";

/** A line, and whether its end was found; only the last one may lack it. */
export interface Line {
  readonly text: string;
  readonly whole: boolean;
}

/** Yields the lines in pieces of text. Throws `ConfigError` on one longer than any that a recorder writes. */
export async function* linesOf(pieces: AsyncIterable<string> | Iterable<string>): AsyncGenerator<Line> {
  let begun: string[] = [];
  let chars = 0;
  for await (const piece of pieces) {
    let from = 0;
    for (let end = piece.indexOf("\n"); end >= 0; end = piece.indexOf("\n", from)) {
      yield { text: begun.join("") + piece.slice(from, end), whole: true };
      begun = [];
      chars = 0;
      from = end + 1;
    }
    if (from < piece.length) begun.push(piece.slice(from));
    chars += piece.length - from;
    if (chars > MAX_LINE_CHARS) {
      throw new ConfigError(`given a line of more than ${MAX_LINE_CHARS} characters, wanted the lines of a recording`);
    }
  }
  if (chars > 0) yield { text: begun.join(""), whole: false };
}

/** Yields the text of a file in pieces. Throws `ConfigError` if it cannot be read. */
export async function* readPieces(path: string): AsyncGenerator<string> {
  const file = await openRecording(path);
  const decoder = new TextDecoderStream() as TransformStream<Uint8Array, string>;
  yield* file.readable.pipeThrough(decoder);
}

async function openRecording(path: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigError(`${path}: given a file that cannot be read (${reason}), wanted a recording`, { cause });
  }
}
