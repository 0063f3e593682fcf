/** Reads standard input within bounds. */
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
  const all = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

/** A line, or null for one that exceeded the bound and was dropped. */
export type Line = string | null;

/** Yields the lines of `stream` without their ends, each at most `maxChars` long. The last line needs no end. */
export async function* readLines(stream: ReadableStream<Uint8Array>, maxChars: number): AsyncGenerator<Line> {
  const decoder = new TextDecoder();
  let rest = "";
  let tooLong = false;
  for await (const chunk of stream) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = parts.pop() ?? "";
    for (const part of parts) {
      yield tooLong || part.length > maxChars ? null : part.replace(/\r$/, "");
      tooLong = false;
    }
    if (rest.length > maxChars) {
      rest = "";
      tooLong = true;
    }
  }
  rest += decoder.decode();
  if (tooLong) yield null;
  else if (rest !== "") yield rest;
}
