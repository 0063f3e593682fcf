import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { showingWait } from "./waiting.ts";

Deno.test("a wait is shown again and again, and its line is removed at the end, be that a failure", async () => {
  const lines: string[] = [];
  const { promise, reject } = Promise.withResolvers<void>();
  const progress = (line: string) => {
    lines.push(line);
    if (lines.length === 2) reject(new Error("no quorum"));
  };
  await assertRejects(() => showingWait(promise, progress, 5), Error, "no quorum");
  assertEquals([lines.length, lines.at(-1)], [3, ""]);
  for (const line of lines.slice(0, 2)) assertMatch(line, /^no answer of a quorum after \d+ s$/);
});

Deno.test("what is answered at once shows nothing", async () => {
  const lines: string[] = [];
  assertEquals(await showingWait(Promise.resolve(7), (line) => void lines.push(line)), 7);
  assertEquals(lines, []);
});
