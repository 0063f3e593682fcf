/** Load by etcd's own `benchmark put`, which writes a given number of values and sums up at its end. */
import type { Latencies } from "../support/histogram.ts";
import { parseCpuSeconds } from "../support/resources.ts";

export interface ToolResult {
  readonly seconds: number;
  readonly writes: number;
  readonly writesPerSecond: number;
  readonly latencyMs: Latencies;
  /** Processor seconds of the tool. */
  readonly cpuSeconds: number;
}

export interface ToolLoad {
  readonly urls: readonly string[];
  /** Writes under way, each by a client of the tool. */
  readonly writers: number;
  readonly size: number;
}

/** Clients of the tool that share a connection, as in etcd's documentation. */
const CLIENTS_PER_CONNECTION = 10;
const MAX_CONNECTIONS = 100;
const MS_PER_SECOND = 1000;

/**
 * Prints the tool's summary, and then the shell's own `stat`, which has the processor time of the children that it waited for. The tool ends
 * with the shell.
 */
const SCRIPT = `trap 'kill $!' INT TERM; benchmark "$@" & wait $!; code=$?; cat /proc/$$/stat; exit $code`;

/** Has the tool write `total` values to the leader, until `signal` ends it. Throws with its last words where it fails. */
export async function runTool(load: ToolLoad, total: number, signal: AbortSignal): Promise<ToolResult> {
  const args = ["-c", SCRIPT, "sh", ...toolArgs(load, total)];
  const { code, stdout, stderr } = await new Deno.Command("sh", { args, stdin: "null", signal }).output();
  const text = new TextDecoder().decode(stdout);
  if (code === 0) return parseTool(text, total);
  throw new Error(`benchmark put: exit code ${code}: ${`${text}${new TextDecoder().decode(stderr)}`.slice(-500)}`);
}

/** Returns the arguments of the tool. */
export function toolArgs({ urls, writers, size }: ToolLoad, total: number): string[] {
  const connections = Math.min(MAX_CONNECTIONS, Math.ceil(writers / CLIENTS_PER_CONNECTION));
  return [
    ...["put", "--precise", "--target-leader", "--endpoints", urls.map((url) => url.replace("http://", "")).join(",")],
    ...["--clients", `${writers}`, "--conns", `${connections}`, "--key-space-size", `${writers}`],
    ...["--key-size", "16", "--val-size", `${size}`, "--total", `${total}`],
  ];
}

/** Parses the tool's summary of `total` writes and the `stat` behind it. Throws where a write failed or a figure is missing. */
export function parseTool(text: string, total: number): ToolResult {
  const errors = text.indexOf("Error distribution:");
  if (errors >= 0) throw new Error(`benchmark put: ${text.slice(errors).trim()}`);
  const figure = (pattern: RegExp): number => {
    const found = pattern.exec(text)?.[1];
    if (found === undefined) throw new Error(`benchmark put: nothing like ${pattern} in ${text}`);
    return Number(found);
  };
  const ms = (name: string) => MS_PER_SECOND * figure(new RegExp(`^\\s*${name}\\s*(\\S+) secs`, "m"));
  const seconds = figure(/^\s*Total:\s+(\S+) secs/m);
  const max = ms("Slowest:");
  return {
    ...{ seconds, writes: total, writesPerSecond: figure(/^\s*Requests\/sec:\s+(\S+)/m) },
    latencyMs: {
      ...{ p50: ms("50% in"), p90: ms("90% in"), p99: ms("99% in"), max, mean: ms("Average:") },
      // Of less than a thousand writes, the tool does not tell it: that is the slowest one.
      p999: text.includes("99.9% in") ? ms("99\\.9% in") : max,
    },
    cpuSeconds: parseCpuSeconds(text.trim().split("\n").at(-1)!, "children"),
  };
}
