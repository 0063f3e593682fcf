import { assertEquals } from "@std/assert";
import { createLeaderCache, forgetLeader, noteLeader } from "./leader_cache.ts";

Deno.test("the latest reply's leader is tried while no f+1 agree", () => {
  const cache = createLeaderCache(2);
  assertEquals(cache.likely, null);
  noteLeader(cache, "r1", 3, "r2");
  assertEquals(cache.likely, "r2");
  noteLeader(cache, "r3", 4, "r4");
  assertEquals(cache.likely, "r4");
});

Deno.test("what f+1 replicas say beats one that shouts, whatever its term", () => {
  const cache = createLeaderCache(2);
  noteLeader(cache, "r1", 3, "r2");
  noteLeader(cache, "r3", 3, "r2");
  noteLeader(cache, "r4", 9_000_000, "r4");
  assertEquals(cache.likely, "r2");
});

Deno.test("the highest term that f+1 name wins", () => {
  const cache = createLeaderCache(2);
  for (const replica of ["r1", "r2"]) noteLeader(cache, replica, 3, "r1");
  for (const replica of ["r3", "r4"]) noteLeader(cache, replica, 5, "r3");
  assertEquals(cache.likely, "r3");
  noteLeader(cache, "r1", 5, "r3");
  assertEquals(cache.likely, "r3");
});

Deno.test("a replica without a leader takes its hint back; forgetting leaves nothing", () => {
  const cache = createLeaderCache(2);
  noteLeader(cache, "r1", 3, "r2");
  noteLeader(cache, "r1", 4, null);
  assertEquals(cache.hints.size, 0);
  noteLeader(cache, "r1", 4, "r3");
  forgetLeader(cache);
  assertEquals([cache.likely, cache.hints.size], [null, 0]);
});
