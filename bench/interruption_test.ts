/** Benchmarks and attacks that are interrupted, as real processes. */
import { assertEquals } from "@std/assert";
import { eventually } from "../tasks/support/eventually.ts";
import { withTempDirectory } from "../tests/support/temp_directory.ts";

const ROOT = new URL("..", import.meta.url);
const COMMAND = ["run", "-q", "--no-prompt", "-P=demo"];
const REPLICAS = 4;

/** Returns the processes whose command line names `dir`. */
async function processesOf(dir: string): Promise<string[]> {
  // The pattern comes by standard input, so that the search does not find itself.
  const search = new Deno.Command("sh", {
    args: ["-c", "grep -la -f - /proc/[0-9]*/cmdline"],
    ...{ stdin: "piped", stdout: "piped", stderr: "null" },
  }).spawn();
  const writer = search.stdin.getWriter();
  await writer.write(new TextEncoder().encode(`${dir}\n`));
  await writer.close();
  return new TextDecoder().decode((await search.output()).stdout).split("\n").filter((line) => line !== "");
}

/** Runs a task until `processes` others run, interrupts it, and returns its exit code and what it said. */
async function interrupted(dir: string, args: readonly string[], processes: number): Promise<[number, string]> {
  const task = new Deno.Command(Deno.execPath(), {
    args: [...COMMAND, ...args],
    cwd: ROOT,
    env: { TMPDIR: dir },
    ...{ stdin: "null", stdout: "null", stderr: "piped" },
  }).spawn();
  try {
    await eventually("all processes run", async () => (await processesOf(dir)).length >= processes, 60_000);
  } finally {
    task.kill("SIGTERM");
  }
  const { code, stderr } = await task.output();
  return [code, new TextDecoder().decode(stderr)];
}

Deno.test("a benchmark that is interrupted ends its processes and leaves no file", async () => {
  await withTempDirectory(async (dir) => {
    const args = ["bench/cluster_bench.ts", "--clients", "2", "--seconds", "600"];
    assertEquals(await interrupted(dir, args, REPLICAS + 2), [1, "bench: interrupted by SIGTERM\n"]);
    assertEquals([await processesOf(dir), [...Deno.readDirSync(dir)]], [[], []]);
  });
});

Deno.test("attacks that are interrupted end their processes", async () => {
  await withTempDirectory(async (dir) => {
    const args = ["tests/attacks/main.ts", "read-flood", "--seconds", "600"];
    assertEquals(await interrupted(dir, args, REPLICAS), [1, "attacks: interrupted by SIGTERM\n"]);
    await eventually("no process is left", async () => (await processesOf(dir)).length === 0);
  });
});
