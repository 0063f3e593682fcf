import { assertEquals } from "@std/assert";
import { createLineWriter } from "./line_writer.ts";

/** A sink that takes `room` bytes and then throws, until it is given more. */
function boundedSink(room: number) {
  const bytes: number[] = [];
  const sink = {
    room,
    writeSync(chunk: Uint8Array): number {
      if (sink.room === 0) throw new Deno.errors.BrokenPipe("no room");
      const taken = chunk.subarray(0, Math.min(sink.room, 4));
      bytes.push(...taken);
      sink.room -= taken.length;
      return taken.length;
    },
  };
  return { sink, text: () => new TextDecoder().decode(new Uint8Array(bytes)) };
}

const notice = (lost: number) => `lost ${lost}`;

Deno.test("a writer whose sink refuses throws nothing, counts what is lost, and tells it once there is room", () => {
  const { sink, text } = boundedSink(9);
  const writer = createLineWriter(sink, notice);
  for (const line of ["first", "second", "third"]) writer.write(line);
  assertEquals([text(), writer.lost], ["first\nsec", 2]);
  sink.room = 100;
  writer.write("fourth");
  writer.write("fifth");
  assertEquals([text(), writer.lost], ["first\nsec\nlost 2\nfourth\nfifth\n", 2]);
});

Deno.test("a sink that takes nothing without an error ends nothing either", () => {
  const writer = createLineWriter({ writeSync: () => 0 }, notice);
  writer.write("a");
  assertEquals(writer.lost, 1);
});

Deno.test("the notice itself may be lost; nothing is told twice", () => {
  const { sink, text } = boundedSink(0);
  const writer = createLineWriter(sink, notice);
  writer.write("a");
  sink.room = 3;
  writer.write("b");
  assertEquals([text(), writer.lost], ["los", 2]);
  sink.room = 100;
  writer.write("c");
  assertEquals(text(), "los\nlost 2\nc\n");
});
