/** Rules for every task of `deno.json`: `--help` tells and does nothing, and an output that takes no more is told in one line. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import config from "../../../deno.json" with { type: "json" };
import { withTempDirectory } from "../../support/temp_directory.ts";

const ROOT = new URL("../../../", import.meta.url);
const PATIENCE_MS = 60_000;

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

async function run(program: string, args: readonly string[]): Promise<Ran> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const command = new Deno.Command(program, {
    ...{ args: [...args], cwd: ROOT, stdin: "null", signal, env: { NO_COLOR: "1" } },
  });
  const { code, stdout, stderr } = await command.output();
  return { code, out: new TextDecoder().decode(stdout), error: new TextDecoder().decode(stderr) };
}

const task = (name: string, ...args: readonly string[]) => run(Deno.execPath(), ["task", "--quiet", name, ...args]);

/** Times at which the transcripts were last written, and what there is in the project's folder. */
const present = () => ({
  transcripts: list("tests/interaction/").map((name) =>
    Deno.statSync(new URL(`tests/interaction/${name}`, ROOT)).mtime
  ),
  files: list(""),
});

const list = (folder: string): string[] => [...Deno.readDirSync(new URL(folder, ROOT))].map(({ name }) => name).sort();

Deno.test("every task has help, and does nothing else when it is asked for", async () => {
  const before = present();
  for (const name of Object.keys(config.tasks)) {
    const { code, out, error } = await task(name, "--help");
    assertEquals([code, error], [0, ""], name);
    assertMatch(out, /^Usage: /m, name);
    // The tests' help is Deno's own.
    if (name !== "test") assertStringIncludes(out, "Exit codes: 0 ", name);
  }
  // Nor beside other arguments, wrong ones too.
  for (
    const [name, ...args] of [["golden", "x"], ["prefetch", "x"], ["cluster", "--replicas", "4"], ["sim", "--seeds"]]
  ) {
    const { code, out } = await task(name!, ...args, "--help");
    assertEquals(code, 0, name);
    assertMatch(out, /^Usage: /m, name);
  }
  assertEquals(present(), before, "something was written");
});

Deno.test({
  name: "a task whose output is full says so in one line and ends with 1",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    withTempDirectory(async (directory) => {
      const cases = [
        ["sim", "--seeds", "1"],
        ["sim", "--list-mutants"],
        ["keygen", "--out", `${directory}/keys`],
        ["play", "tests/interaction/first_election.txt"],
        ...[
          "demo",
          "cluster",
          "bench",
          "experiment",
          "bench:capacity",
          "bench:overload",
          "bench:transfer",
          "soak",
          "chaos",
          "attacks",
          "ok",
          "golden",
          "prefetch",
        ]
          .map((name) => [name, "--help"]),
        ["demo"],
        ["ok", "--no-test"],
        ["cluster", "--dir", `${directory}/cluster`],
      ];
      for (const [name, ...args] of cases) {
        const line = `exec "$@" >/dev/full`;
        const { code, error } = await run("sh", ["-c", line, "sh", Deno.execPath(), "task", "--quiet", name!, ...args]);
        assertEquals([code, error.split("\n").length], [1, 2], error);
        assertStringIncludes(
          error,
          `${name}: standard output was given a result and took no more of it (No space left`,
        );
      }
    }),
});
