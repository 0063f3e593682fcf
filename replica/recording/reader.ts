/** Reads a recording line by line: the state from which the core started, its steps, and its end. */
import { ConfigError } from "../../crypto/config_error.ts";
import { type Field, readInteger, readObject } from "../../crypto/strict_json.ts";
import { Chain } from "./chain.ts";
import { decodeChained, decodeChunk, decodeEvidence, decodeHeader } from "./decode_start.ts";
import { decodeStep } from "./decode_step.ts";
import { readText } from "./fields.ts";
import type { Ending, RecordedStep, RecordingStart } from "./format.ts";
import { type Line, linesOf } from "./lines.ts";
import { RecordedChunks } from "./recorded_chunks.ts";

/** A line of the steps that is not as it was written. */
export class DamagedRecordError extends Error {
  override readonly name = "DamagedRecordError";
  constructor(readonly step: number, message: string, options?: ErrorOptions) {
    super(message, options);
  }
}

export class RecordingReader {
  readonly start: RecordingStart & { readonly chunks: RecordedChunks };
  readonly #source: LineSource;
  #ending: Ending | null = null;

  private constructor(start: RecordingReader["start"], source: LineSource) {
    this.start = start;
    this.#source = source;
  }

  /** Reads up to the first step. Throws `ConfigError` if this is not a recording, or one that ends before its first step. */
  static async open(pieces: AsyncIterable<string> | Iterable<string>): Promise<RecordingReader> {
    const source = new LineSource(linesOf(pieces));
    const header = decodeHeader(await source.need());
    const list = async <T>(count: number, decode: (field: Field) => T): Promise<T[]> => {
      const found: T[] = [];
      while (found.length < count) found.push(decode(await source.need()));
      return found;
    };
    const entries = await list(header.entries, (field) => decodeChained(field, "entry"));
    const branch = await list(header.branch, (field) => decodeChained(field, "branch"));
    const evidence = await list(header.evidence, decodeEvidence);
    const chunks = new RecordedChunks(await list(header.chunks, decodeChunk));
    const recovered = { ...header.start.recovered, entries, branch, evidence };
    return new RecordingReader({ ...header.start, recovered, chunks }, source);
  }

  /** The recording's end; known once all steps were read. */
  get ending(): Ending | null {
    return this.#ending;
  }

  /** Yields the steps in order. Throws {@linkcode DamagedRecordError}. */
  async *steps(): AsyncGenerator<RecordedStep> {
    for (let step = 1;; step++) {
      const line = await this.#source.next();
      if (line === null || !line.whole) return this.#cut(step - 1, line);
      const record = readRecord(this.#source.chain, line, step);
      if ("reason" in record) {
        this.#ending = { kind: "closed", reason: record.reason };
        return;
      }
      yield record;
    }
  }

  #cut(steps: number, line: Line | null): void {
    const where = line === null ? `behind step ${steps}` : `in the middle of step ${steps + 1}`;
    this.#ending = { kind: "cut", detail: `the recording ends ${where}, without the last words of its replica` };
  }
}

/** The lines of a recording, one at a time, with the chain that checks that each follows the one before. */
class LineSource {
  readonly chain = new Chain();
  readonly #lines: AsyncGenerator<Line>;
  #count = 0;

  constructor(lines: AsyncGenerator<Line>) {
    this.#lines = lines;
  }

  async next(): Promise<Line | null> {
    const { done, value } = await this.#lines.next();
    if (done) return null;
    this.#count++;
    return value;
  }

  /** Returns the members of the next line. Throws `ConfigError` if there is none. */
  async need(): Promise<Field> {
    const line = await this.next();
    if (line === null || !line.whole) {
      throw new ConfigError(
        `given a recording that ends in line ${this.#count}, wanted one that reaches its first step`,
      );
    }
    return this.chain.read(line.text);
  }
}

function readRecord(chain: Chain, { text }: Line, step: number): RecordedStep | { readonly reason: string } {
  try {
    const field = chain.read(text);
    if (!Object.hasOwn(field.value as object, "end")) return decodeStep(field, step);
    const { end, steps } = readObject(field, ["end", "steps"]);
    readInteger(steps, step - 1, step - 1);
    return { reason: readText(end) };
  } catch (cause) {
    if (cause instanceof ConfigError) throw new DamagedRecordError(step, cause.message, { cause });
    throw cause;
  }
}
