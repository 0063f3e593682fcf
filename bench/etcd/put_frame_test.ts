import { assertEquals } from "@std/assert";
import { framePut } from "./put_frame.ts";

Deno.test("a put is framed as protobuf and gRPC have it", () => {
  assertEquals([...framePut("ab", Uint8Array.of(7))], [0, 0, 0, 0, 7, 0x0a, 2, 97, 98, 0x12, 1, 7]);
});

Deno.test("lengths beyond 127 take more bytes", () => {
  const frame = framePut("k", new Uint8Array(300));
  assertEquals([...frame.slice(0, 11)], [0, 0, 0, 0x01, 0x32, 0x0a, 1, 107, 0x12, 0xac, 0x02]);
  assertEquals(frame.length, 5 + 3 + 3 + 300);
});
