import { assertEquals, assertRejects } from "@std/assert";
import { OutputError } from "../../client/cli/common/standard_streams.ts";
import { ConfigError } from "../../crypto/config_error.ts";
import { runTask } from "./run_task.ts";

const task = (run: () => Promise<number>) => ({ name: "t", usage: "Usage: t\n", run });

Deno.test("a task ends with its own code, 2 for what its caller did wrong, 1 where its output takes no more", async () => {
  assertEquals(await runTask(task(() => Promise.resolve(3)), []), 3);
  assertEquals(await runTask(task(() => Promise.reject(new ConfigError("wrong"))), []), 2);
  assertEquals(await runTask(task(() => Promise.reject(new OutputError("full"))), []), 1);
  await assertRejects(() => runTask(task(() => Promise.reject(new TypeError("a bug"))), []), TypeError, "a bug");
});

Deno.test("--help does nothing but print, whatever stands beside it", async () => {
  const acts = () => Promise.reject(new Error("acted"));
  assertEquals(await runTask(task(acts), ["--seconds", "--help", "x"]), 0);
});
