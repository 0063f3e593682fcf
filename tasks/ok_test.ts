import { assert, assertEquals } from "@std/assert";
import { chooseSteps, runSteps, type Step } from "./ok.ts";

const steps: readonly Step[] = ["a", "b", "c"].map((name) => ({ name, args: [name] }));

Deno.test("the gate runs every step in order and passes", async () => {
  const ran: string[] = [];
  const lines: string[] = [];
  const passed = await runSteps(steps, ({ name }) => Promise.resolve(ran.push(name) > 0), (line) => lines.push(line));
  assert(passed);
  assertEquals(ran, ["a", "b", "c"]);
  assert(lines.at(-1)?.startsWith("gate passed ("), lines.at(-1));
});

Deno.test("the gate stops at the first failure", async () => {
  const ran: string[] = [];
  const run = ({ name }: Step) => Promise.resolve(ran.push(name) > 0 && name !== "b");
  const lines: string[] = [];
  assertEquals(await runSteps(steps, run, (line) => lines.push(line)), false);
  assertEquals(ran, ["a", "b"]);
  assert(lines.at(-1)?.startsWith("[2/3] b: FAILED ("), lines.at(-1));
});

Deno.test("the gate's options: tests by default, none with --no-test, anything else is refused", () => {
  assert(chooseSteps([])?.some(({ args }) => args.at(-1) === "test"));
  assertEquals(chooseSteps(["--no-test"])?.some(({ args }) => args.at(-1) === "test"), false);
  assertEquals(chooseSteps(["--no-tests"]), null);
});
