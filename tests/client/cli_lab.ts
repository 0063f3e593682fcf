/** The command line without a process. */
import { assert, assertEquals } from "@std/assert";
import type { Connect } from "../../client/cli/connect.ts";
import type { Io } from "../../client/cli/io.ts";
import { runCli } from "../../client/cli/run.ts";
import type { FakeClusterOptions } from "./fake_cluster.ts";
import { withFakeCluster } from "./with_fake_cluster.ts";

const utf8 = new TextEncoder();

/** Result of a run of the command line. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the command line once with its streams in memory. */
export async function runInMemory(
  connect: Connect,
  args: readonly string[],
  stdin: string | Uint8Array = "",
  terminal = false,
  progress: (line: string) => void = () => {},
): Promise<Ran> {
  const out: Uint8Array[] = [];
  const err: string[] = [];
  const io: Io = {
    out: (data) => void out.push(typeof data === "string" ? utf8.encode(data) : data.slice()),
    err: (line) => void err.push(line),
    progress,
    stdin: new Blob([typeof stdin === "string" ? stdin : stdin.slice()]).stream(),
    typed: null,
    stdoutIsTerminal: terminal,
  };
  const code = await runCli(args, io, connect);
  return { code, out: new TextDecoder().decode(await new Blob(out as BlobPart[]).arrayBuffer()), err: err.join("\n") };
}

export type Cli = (line: string, stdin?: string | Uint8Array, terminal?: boolean) => Promise<Ran>;

/** Runs `body` with command lines: for people, and with `--json`, which has to print one value and nothing else. */
export function withCli(
  options: FakeClusterOptions,
  body: (cli: Cli, json: (line: string) => Promise<unknown>) => Promise<void>,
) {
  return withFakeCluster(options, async (_cluster, connect) => {
    const connectCli: Connect = (globals) =>
      Promise.resolve(
        connect(globals.key ?? "c1", { timings: { timeoutMs: globals.timeoutMs, statusMs: 200, queryRetryMs: 30 } }),
      );
    const cli: Cli = (line, stdin, terminal) =>
      runInMemory(connectCli, line.split(" ").filter((word) => word !== ""), stdin, terminal);
    const json = async (line: string) => {
      const { code, out, err } = await cli(`--json ${line}`);
      assertEquals(err, "", "with --json standard error stays empty");
      assert(out.endsWith("\n") && out.trimEnd().split("\n").length === 1, `one JSON value, got ${out}`);
      return { code, ...JSON.parse(out) };
    };
    await body(cli, json);
  });
}
