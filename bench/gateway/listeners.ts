/** Listeners of one watch over server-sent events, in this process: they and the writer have one clock. */
import { type LatencySummary, summarize } from "../support/latencies.ts";

/** Times at which each write began, by its place. */
export type Begun = readonly number[];

export class Listeners {
  readonly #abort = new AbortController();
  readonly #heard: number[][] = [];
  readonly #delays: number[] = [];
  readonly #begun: Begun;

  /** `begun` grows while writes begin. */
  constructor(begun: Begun) {
    this.#begun = begun;
  }

  /** Connects `count` listeners to the watch at `url`, and resolves once all hear it. */
  async open(url: string, count: number): Promise<void> {
    for (let at = 0; at < count; at += 50) {
      const some = Array.from({ length: Math.min(50, count - at) }, (_, i) => this.#listen(url, at + i));
      await Promise.all(some);
    }
  }

  /** Number of writes that every listener has heard of. */
  get heardByAll(): number {
    return Math.min(...this.#heard.map(({ length }) => length));
  }

  /** Ends all listeners. Returns the delays, and how many of the listeners did not hear each of `writes` once, in order. */
  close(writes: number): { readonly delay: LatencySummary; readonly wrong: number } {
    this.#abort.abort();
    const isRight = (places: readonly number[]) => places.length === writes && places.every((place, i) => place === i);
    return { delay: summarize(this.#delays), wrong: this.#heard.filter((places) => !isRight(places)).length };
  }

  async #listen(url: string, index: number): Promise<void> {
    const heard: number[] = this.#heard[index] = [];
    const response = await fetch(url, { headers: { accept: "text/event-stream" }, signal: this.#abort.signal });
    if (!response.ok) throw new Error(`GET ${url}: ${response.status} ${await response.text()}`);
    void this.#read(response.body!, heard);
  }

  /** Values are places of writes. */
  async #read(body: ReadableStream<Uint8Array>, heard: number[]): Promise<void> {
    let text = "";
    try {
      for await (const part of body.pipeThrough(new TextDecoderStream())) {
        text += part;
        const events = text.split("\n\n");
        text = events.pop()!;
        for (const event of events) this.#take(event, heard);
      }
    } catch (error) {
      if (!this.#abort.signal.aborted) throw error;
    }
  }

  #take(event: string, heard: number[]): void {
    const place = /"value":"(\d+)"/.exec(event)?.[1];
    if (place === undefined) return;
    heard.push(Number(place));
    this.#delays.push(performance.now() - this.#begun[Number(place)]!);
  }
}
