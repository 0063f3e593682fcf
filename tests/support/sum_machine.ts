/** An application's own state machine: it adds up numbers. Its commands are no queries and its queries are no commands. */
import type { QueryResult, StateMachine } from "../../protocol/ports.ts";

const UTF8 = new TextEncoder();
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/**
 * A command is `+N`; anything else that reaches `apply` is counted, in the state. Queries are `sum?` and `strange?`, and `throw`, which the
 * application did not think of.
 */
export class SumMachine implements StateMachine {
  readonly applied: string[] = [];
  readonly queried: string[] = [];
  #sum = 0;
  #strange = 0;
  #version = 0;
  readonly #skew: number;
  #skewed: number;

  /** For `skewed` queries its version is wrong by `skew`, so that fast reads of replicas with different skews find no common one. */
  constructor(skew = 0, skewed = Infinity) {
    this.#skew = skew;
    this.#skewed = skewed;
  }

  apply(command: Uint8Array): Uint8Array {
    const given = text(command);
    this.applied.push(given);
    this.#version++;
    if (/^\+\d+$/.test(given)) this.#sum += Number(given);
    else this.#strange++;
    return UTF8.encode(`${this.#sum}`);
  }

  query(query: Uint8Array): QueryResult {
    const given = text(query);
    this.queried.push(given);
    if (given === "throw") throw new RangeError("a query that the application did not think of");
    const skew = this.#skewed-- > 0 ? this.#skew : 0;
    return { version: this.#version + skew, value: UTF8.encode(`${given === "strange?" ? this.#strange : this.#sum}`) };
  }

  *snapshot(): Iterable<Uint8Array> {
    yield UTF8.encode(`${this.#sum} ${this.#strange} ${this.#version}`);
  }

  restore(chunks: Iterable<Uint8Array>): void {
    const [sum = 0, strange = 0, version = 0] = [...chunks].map(text).join("").split(" ").map(Number);
    [this.#sum, this.#strange, this.#version] = [sum, strange, version];
  }

  digest(): Uint8Array {
    const digest = new Uint8Array(32);
    const view = new DataView(digest.buffer);
    [this.#sum, this.#strange, this.#version].forEach((value, i) => view.setFloat64(8 * i, value));
    return digest;
  }
}
