/** Viewers of one dashboard: what is told once goes to all of them, as server-sent events. */
import { MAX_VIEWERS, MAX_WAITING_BYTES } from "./limits.ts";

const UTF8 = new TextEncoder();

/** Returns a server-sent event. JSON has no line ends of its own, so that nothing in `data` can begin another field. */
export const sentEvent = (event: string, data: unknown): Uint8Array =>
  UTF8.encode(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);

type Controller = ReadableStreamDefaultController<Uint8Array>;

/** The open streams. A viewer who does not read is let go of once `MAX_WAITING_BYTES` wait for it. */
export class Listeners {
  readonly #open = new Set<Controller>();
  readonly #onChange: (count: number) => void;

  constructor(onChange: (count: number) => void) {
    this.#onChange = onChange;
  }

  get count(): number {
    return this.#open.size;
  }

  /** Opens a stream that begins with `first`; null if there are `MAX_VIEWERS`. */
  open(first: readonly Uint8Array[]): ReadableStream<Uint8Array> | null {
    if (this.#open.size >= MAX_VIEWERS) return null;
    let opened: Controller | null = null;
    return new ReadableStream<Uint8Array>({
      start: (controller) => {
        opened = controller;
        for (const bytes of first) controller.enqueue(bytes);
        this.#open.add(controller);
        this.#onChange(this.#open.size);
      },
      cancel: () => this.#drop(opened!),
    }, new ByteLengthQueuingStrategy({ highWaterMark: MAX_WAITING_BYTES }));
  }

  /** Tells all viewers. */
  tell(event: string, data: unknown): void {
    if (this.#open.size === 0) return;
    const bytes = sentEvent(event, data);
    for (const controller of this.#open) {
      if ((controller.desiredSize ?? 0) > 0) controller.enqueue(bytes);
      else {
        this.#drop(controller);
        controller.error(new Error(`a viewer let more than ${MAX_WAITING_BYTES} bytes wait`));
      }
    }
  }

  /** Ends all streams. */
  close(): void {
    for (const controller of this.#open) {
      this.#drop(controller);
      controller.close();
    }
  }

  #drop(controller: Controller): void {
    if (this.#open.delete(controller)) this.#onChange(this.#open.size);
  }
}
