import { assert, assertEquals } from "@std/assert";
import { DenoProcess } from "../../../tasks/support/deno_process.ts";

Deno.test("the demo tells its whole story and ends with 0", async () => {
  await using demo = new DenoProcess("demo", "tasks/demo.ts", []);
  const { code } = await demo.exited;
  await Promise.all([demo.stdout.ended, demo.stderr.ended]);
  const story = demo.stdout.lines.join("\n");
  assertEquals([code, demo.stderr.lines], [0, []], story);
  for (const step of ["kill -9", "intervene", "caught up", "evidence", "deposed", "verified", "done"]) {
    assert(story.includes(`s  ${step}`), `${step}:\n${story}`);
  }
});
