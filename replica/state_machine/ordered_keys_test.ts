import { assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { compareUtf8 } from "./compare_utf8.ts";
import { OrderedKeys } from "./ordered_keys.ts";

const numbers = (count: number) => Array.from({ length: count }, (_, i) => String(i).padStart(6, "0"));

Deno.test("OrderedKeys keeps thousands of keys in order through splits and removals, whatever the order of insertion", () => {
  const keys = numbers(5000);
  const ordered = new OrderedKeys();
  // 3 is prime to 5000, so every key is met once, in three ascending passes.
  for (let i = 0; i < keys.length; i++) ordered.add(keys[(i * 3) % keys.length] ?? "");
  for (const key of keys) ordered.add(key);
  assertEquals([...ordered.from("")], keys);
  assertEquals([...ordered.from("002500x")], keys.slice(2501));
  for (const key of keys) if (Number(key) % 1000 !== 7) ordered.delete(key);
  ordered.delete("absent");
  assertEquals([...ordered.from("")], ["000007", "001007", "002007", "003007", "004007"]);
  for (const key of keys) ordered.delete(key);
  assertEquals([...ordered.from("")], []);
});

Deno.test("OrderedKeys made from sorted keys goes on like one that was filled", () => {
  const ordered = OrderedKeys.fromSorted(numbers(1000));
  ordered.add("000500a");
  ordered.delete("000000");
  assertEquals([...ordered.from("")], [...numbers(1000).slice(1, 501), "000500a", ...numbers(1000).slice(501)]);
});

Deno.test("OrderedKeys answers like a sorted set", () => {
  const key = fc.string({ unit: "binary", maxLength: 3 });
  const step = fc.tuple(fc.boolean(), key);
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), key, (steps, from) => {
    const [ordered, model] = [new OrderedKeys(), new Set<string>()];
    for (const [adds, name] of steps) {
      if (adds) ordered.add(name);
      else ordered.delete(name);
      model[adds ? "add" : "delete"](name);
    }
    const wanted = [...model].filter((name) => compareUtf8(name, from) >= 0).sort(compareUtf8);
    assertEquals([...ordered.from(from)], wanted);
  }));
});
