/** Runs command lines against a fake cluster, each as a separate client, as a process would be. */
import { assert, assertEquals } from "@std/assert";
import type { Connect as CliConnect } from "../../client/cli/connect.ts";
import type { FakeClusterOptions } from "./fake_cluster.ts";
import { type Ran, runInMemory as run } from "./run_in_memory.ts";
import { type Connect, withCluster } from "./with_cluster.ts";

export type Cli = (line: string, stdin?: string | Uint8Array, terminal?: boolean) => Promise<Ran>;

/** Runs `body` with command lines: for people, and with `--json`, which has to print one value and nothing else. */
export function withCli(
  options: FakeClusterOptions,
  body: (cli: Cli, json: (line: string) => Promise<unknown>) => Promise<void>,
) {
  return withCluster(options, async (_cluster, connect: Connect) => {
    const connectCli: CliConnect = (globals) =>
      Promise.resolve(
        connect(globals.key ?? "c1", { timings: { timeoutMs: globals.timeoutMs, statusMs: 200, queryRetryMs: 30 } }),
      );
    const cli: Cli = (line, stdin, terminal) =>
      run(connectCli, line.split(" ").filter((word) => word !== ""), stdin, terminal);
    const json = async (line: string) => {
      const { code, out, err } = await cli(`--json ${line}`);
      assertEquals(err, "", "with --json standard error stays empty");
      assert(out.endsWith("\n") && out.trimEnd().split("\n").length === 1, `one JSON value, got ${out}`);
      return { code, ...JSON.parse(out) };
    };
    await body(cli, json);
  });
}
