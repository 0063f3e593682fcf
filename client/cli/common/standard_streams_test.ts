import { assertEquals, assertThrows } from "@std/assert";
import { OutputError, writeError, writeOutput } from "./standard_streams.ts";

const closed = {
  writeSync(): number {
    throw new Deno.errors.BrokenPipe("Broken pipe (os error 32)");
  },
};

Deno.test("a stream that takes a few bytes at a time gets all of them in order", () => {
  const taken: number[] = [];
  const slow = {
    writeSync(data: Uint8Array) {
      taken.push(...data.subarray(0, 3));
      return Math.min(3, data.length);
    },
  };
  writeOutput("eight by", slow);
  assertEquals(new TextDecoder().decode(new Uint8Array(taken)), "eight by");
});

Deno.test("an output that is closed is told with the system's reason, an error stream that is closed is not", () => {
  assertThrows(() => writeOutput("x", closed), OutputError, "took no more of it (Broken pipe (os error 32))");
  writeError("x", closed);
});
