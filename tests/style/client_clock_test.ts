/** A client's sessions and numbers owe nothing to the clock on the wall (§7.1): nothing in `client/` can read it. */
import { assert, assertEquals } from "@std/assert";

/** Whatever tells the time of day. A monotonic clock, for waiting, is handed in or `performance.now`. */
const WALL_CLOCK = /\bDate\b|\bTemporal\b|\btimeOrigin\b/;

function* sources(folder: string): Iterable<string> {
  for (const { name, isDirectory } of Deno.readDirSync(new URL(folder, import.meta.url))) {
    if (isDirectory) yield* sources(`${folder}${name}/`);
    else if (name.endsWith(".ts") && !name.endsWith("_test.ts")) yield `${folder}${name}`;
  }
}

Deno.test("nothing of the client reads the wall clock", () => {
  const files = [...sources("../../client/")];
  assert(files.length > 40, `only ${files.length} files were looked at`);
  const found = files.filter((file) => WALL_CLOCK.test(Deno.readTextFileSync(new URL(file, import.meta.url))));
  assertEquals(found, []);
});

Deno.test("what reads the wall clock is recognised", () => {
  for (const line of ["Date.now()", "new Date()", "Temporal.Now.instant()", "performance.timeOrigin"]) {
    assert(WALL_CLOCK.test(line), line);
  }
  for (const line of ["performance.now()", "// up to date", "updateAt()"]) assert(!WALL_CLOCK.test(line), line);
});
