/** A benchmark that is interrupted, as a real process. */
import { assertEquals } from "@std/assert";
import { eventually } from "../tasks/support/eventually.ts";
import { withTempDirectory } from "../tests/support/temp_directory.ts";

const ROOT = new URL("..", import.meta.url);
const COMMAND = ["run", "-q", "--no-prompt", "-P=demo", "bench/cluster_bench.ts", "--clients", "2", "--seconds", "600"];
const REPLICAS_AND_CLIENTS = 4 + 2;

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

Deno.test("a benchmark that is interrupted ends its processes and leaves no file", async () => {
  await withTempDirectory(async (dir) => {
    const bench = new Deno.Command(Deno.execPath(), {
      args: COMMAND,
      cwd: ROOT,
      env: { TMPDIR: dir },
      ...{ stdin: "null", stdout: "null", stderr: "piped" },
    }).spawn();
    try {
      await eventually(
        "all processes run",
        async () => (await processesOf(dir)).length === REPLICAS_AND_CLIENTS,
        60_000,
      );
    } finally {
      bench.kill("SIGTERM");
    }
    const { code, stderr } = await bench.output();
    assertEquals([code, new TextDecoder().decode(stderr)], [1, "bench: interrupted by SIGTERM\n"]);
    assertEquals([await processesOf(dir), [...Deno.readDirSync(dir)]], [[], []]);
  });
});
