/** A recording in memory. */
import { assert } from "@std/assert";
import { Recorder, type RecordingSink } from "../../../replica/recording/mod.ts";

export class MemorySink implements RecordingSink {
  text = "";
  write(line: string): void {
    this.text += `${line}\n`;
  }
  flush(): void {}
  close(): void {}
}

/** Creates a recorder into memory that must not lose anything. */
export function recordInMemory(): { readonly sink: MemorySink; readonly recorder: Recorder } {
  const sink = new MemorySink();
  return { sink, recorder: new Recorder(sink, (reason) => assert(false, reason)) };
}
