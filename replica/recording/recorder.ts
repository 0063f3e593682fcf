/**
 * Records the inputs of a core and its outputs, so that the run can be replayed. A recording that cannot continue ends with one warning;
 * the replica does not end with it.
 */
import type { Input } from "../core/input.ts";
import type { Outputs } from "../core/output.ts";
import { StorageError } from "../storage/port.ts";
import { Chain } from "./chain.ts";
import { encodeDurable, encodeHeader, encodeStep } from "./encode_record.ts";
import { printFailure, printOutputs } from "./fingerprint.ts";
import type { RecordingStart } from "./format.ts";
import type { RecordingSink } from "./recording_file.ts";

export class Recorder {
  readonly #sink: RecordingSink;
  readonly #onLost: (reason: string, steps: number) => void;
  readonly #chain = new Chain();
  #steps = 0;
  #open = true;

  /** `onLost` is called once if the recording has to end before the replica does, with the reason and the number of steps. */
  constructor(sink: RecordingSink, onLost: (reason: string, steps: number) => void) {
    this.#sink = sink;
    this.#onLost = onLost;
  }

  /** Records the start; called before the first input. */
  begin(start: RecordingStart): void {
    this.#attempt(() => {
      this.#write(encodeHeader(start));
      for (const members of encodeDurable(start)) this.#write(members);
      this.#sink.flush();
    });
  }

  /** Records a step; called after it. Messages and replies are recorded before they leave, as far as the system keeps written data. */
  observe(input: Input, outputs: Outputs): void {
    this.#attempt(() => {
      this.#write(encodeStep({ step: ++this.#steps, input, print: printOutputs(outputs) }));
      if (input.kind === "flush" || outputs.replies.length > 0) this.#sink.flush();
    });
  }

  /**
   * Records the step in which the core threw. One in which the disk refused to be read is left out, as if it had never begun: it says
   * nothing about the core. The last line gives the disk's error.
   */
  gaveUp(input: Input, error: unknown): void {
    if (error instanceof StorageError) return;
    this.#attempt(() => {
      this.#write(encodeStep({ step: ++this.#steps, input, print: printFailure(error) }));
      this.#sink.flush();
    });
  }

  /** Ends the recording with the reason why the replica ends. */
  end(reason: string): void {
    this.#attempt(() => {
      this.#write({ end: reason, steps: this.#steps });
      this.#sink.flush();
      this.#open = false;
      this.#sink.close();
    });
  }

  #write(members: object): void {
    this.#sink.write(this.#chain.line(members));
  }

  #attempt(action: () => void): void {
    if (!this.#open) return;
    try {
      action();
    } catch (error) {
      this.#lose(error);
    }
  }

  #lose(error: unknown): void {
    this.#open = false;
    for (const last of [() => this.#sink.flush(), () => this.#sink.close()]) {
      try {
        last();
      } catch {
        // The reason why the recording ended is reported below; that its last lines or its closing failed too adds nothing.
      }
    }
    this.#onLost(error instanceof Error ? `${error.name}: ${error.message}` : String(error), this.#steps);
  }
}
