import { assertEquals, assertThrows } from "@std/assert";
import { EXIT_DONE, EXIT_FAILED } from "../../../tasks/support/run_task.ts";
import { EXIT_CAUGHT, wasFound } from "./mutants.ts";

Deno.test("a copy that does not load, or breaks, is no mutant found", () => {
  assertEquals([wasFound("m", EXIT_CAUGHT), wasFound("m", EXIT_DONE)], [true, false]);
  for (const code of [EXIT_FAILED, 2, 3, 130]) assertThrows(() => wasFound("m", code), Error, `exit code ${code}`);
});
