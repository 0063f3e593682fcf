import { assertEquals } from "@std/assert";
import { spread, windowFor, writersPerKey } from "./spread.ts";

Deno.test("clients are spread evenly, and none is lost", () => {
  assertEquals(spread(10, 4), [3, 3, 2, 2]);
  assertEquals(spread(1, 3), [1, 0, 0]);
  assertEquals(spread(0, 2), [0, 0]);
});

Deno.test("the session window has room for four times what a key has under way, and is never below the default", () => {
  const load = { clients: [1, 1000], outstanding: 1, processes: 2, keys: 1 };
  assertEquals([writersPerKey(load), windowFor(load)], [500, 2000]);
  assertEquals(windowFor({ ...load, clients: [1] }), 128);
  assertEquals(windowFor({ ...load, clients: [4], outstanding: 256, processes: 4, keys: 2 }), 512);
});
