/** Reads standard input within bounds. */
import { concatBytes } from "../../protocol/bytes/concat_bytes.ts";
import { UsageError } from "../errors.ts";

/** Returns all of `stream`. Throws {@linkcode UsageError} once it is longer than `maxBytes`. */
export async function readAll(stream: ReadableStream<Uint8Array>, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > maxBytes) {
      throw new UsageError(`standard input was given more than ${maxBytes} bytes; wanted at most that`);
    }
    chunks.push(chunk);
  }
  return concatBytes(chunks);
}

/** A line as it was read, or why it is none. */
export type Line =
  | { readonly kind: "text"; readonly text: string }
  /** It exceeded the bound and was dropped. */
  | { readonly kind: "too-long" }
  /** Its bytes are not UTF-8. Decoded all the same, two different keys would be one. */
  | { readonly kind: "not-utf8" };

const LINE_FEED = 0x0a;

/** Yields the lines of `stream` without their ends, each at most `maxBytes` long. The last line needs no end. */
export async function* readLines(stream: ReadableStream<Uint8Array>, maxBytes: number): AsyncGenerator<Line> {
  const line = new OpenLine(maxBytes);
  for await (const chunk of stream) {
    let from = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, from)) {
      line.add(chunk.subarray(from, end));
      yield line.end();
      from = end + 1;
    }
    line.add(chunk.subarray(from));
  }
  if (!line.isEmpty) yield line.end();
}

/** A line whose end has not been seen yet. */
class OpenLine {
  readonly #maxBytes: number;
  #pieces: Uint8Array[] = [];
  #size = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get isEmpty(): boolean {
    return this.#size === 0;
  }

  /** Keeps `piece`, or only the fact that there is more than the bound. */
  add(piece: Uint8Array): void {
    this.#size = Math.min(this.#size + piece.length, this.#maxBytes + 1);
    if (this.#size > this.#maxBytes) this.#pieces = [];
    else if (piece.length > 0) this.#pieces.push(piece.slice());
  }

  /** Returns the line and begins the next one. */
  end(): Line {
    const [pieces, size] = [this.#pieces, this.#size];
    this.#pieces = [];
    this.#size = 0;
    if (size > this.#maxBytes) return { kind: "too-long" };
    try {
      return { kind: "text", text: decode(pieces).replace(/\r$/, "") };
    } catch {
      return { kind: "not-utf8" };
    }
  }
}

/** Decodes bytes that are cut anywhere. Throws if they are not UTF-8. */
function decode(pieces: readonly Uint8Array[]): string {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  return pieces.map((piece) => decoder.decode(piece, { stream: true })).join("") + decoder.decode();
}
