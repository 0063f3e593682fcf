import { assertEquals } from "@std/assert";
import { suiteCommand } from "./suite.ts";

Deno.test("the suite runs more files at a time than there are processors, all of them or those given", () => {
  const { args, jobs } = suiteCommand(2, ["tests/style"]);
  assertEquals([args[0], args.at(-1), jobs], ["test", "tests/style", "3"]);
  assertEquals(suiteCommand(8).args.at(-1), "-P");
});
