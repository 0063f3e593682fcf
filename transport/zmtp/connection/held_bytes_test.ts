import { assertEquals } from "@std/assert";
import { HeldBytes, type Holder } from "./held_bytes.ts";

function lab(maxBytes: number) {
  const held = new HeldBytes(maxBytes);
  const ended: string[] = [];
  const holder = (name: string): Holder => {
    const self: Holder = {
      close: ({ code }) => {
        ended.push(`${name} ${code}`);
        held.hold(self, 0);
      },
    };
    return self;
  };
  return { held, ended, holder };
}

Deno.test("beyond the bound the oldest holders end, one after the other, and the newcomer last", () => {
  const { held, ended, holder } = lab(100);
  const [a, b, c] = [holder("a"), holder("b"), holder("c")];
  held.hold(a, 10);
  held.hold(b, 50);
  held.hold(a, 40);
  assertEquals([held.bytes, ended], [90, []]);
  held.hold(c, 30);
  assertEquals([held.bytes, ended], [80, ["a memory"]]);
  held.hold(c, 101);
  assertEquals([held.bytes, ended], [0, ["a memory", "b memory", "c memory"]]);
});

Deno.test("who is done and begins again is the newest", () => {
  const { held, ended, holder } = lab(100);
  const [a, b] = [holder("a"), holder("b")];
  held.hold(a, 50);
  held.hold(b, 50);
  held.hold(a, 0);
  held.hold(a, 51);
  assertEquals([held.bytes, ended], [51, ["b memory"]]);
});
