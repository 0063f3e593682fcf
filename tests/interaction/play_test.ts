/** `deno task play` as a process. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

const directory = new URL("./", import.meta.url);
const root = new URL("../../", directory);

interface Played {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

/** Plays `args` as the task does, for a user in the directory `standing`. */
async function play(args: readonly string[], standing: URL = root, input = ""): Promise<Played> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "--no-check", "--no-prompt", "-P=play", "tests/interaction/play.ts", ...args],
    cwd: root,
    env: { NO_COLOR: "1", INIT_CWD: standing.pathname },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  // A process that does not read its input may have ended before it is written.
  await writer.write(new TextEncoder().encode(input)).then(() => writer.close()).catch(() => {});
  const { code, stdout, stderr } = await child.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, output: text(stdout), errors: text(stderr) };
}

Deno.test("play: prints a transcript as it is, found from where the user stands", async () => {
  const golden = Deno.readTextFileSync(new URL("state_transfer.txt", directory));
  assertEquals(await play(["state_transfer.txt"], directory), { code: 0, output: golden, errors: "" });
});

Deno.test("play: reads standard input, and prints what happens now", async () => {
  const { code, output } = await play(["-"], root, "cluster replicas=4\n\nshow\n----\n     0 r1 is not this\n");
  assertEquals(code, 0);
  assert(
    output.startsWith("cluster replicas=4\n----\nok\n\nshow\n----\n     0 r1 is term 0 follower of nobody"),
    output,
  );
});

Deno.test("play: --help tells of the commands", async () => {
  const { code, output } = await play(["--help"]);
  assertEquals(code, 0);
  assertStringIncludes(output, "Usage: play FILE");
  assertStringIncludes(output, "\nrestart ID [recover]\n    ");
});

Deno.test("play: wrong usage, unreadable files and what is not understood end with exit code 2 and what is wanted", async () => {
  for (
    const [args, input, ...wanted] of [
      [[], "", "given 0 arguments, wanted one file"],
      [["a.txt", "b.txt"], "", "given 2 arguments, wanted one file"],
      [["--fast"], "", "--fast: given an unknown option"],
      [["nowhere.txt"], "", "nowhere.txt: given a file that cannot be read"],
      [["."], "", ".: given a file that cannot be read"],
      [["-"], "cluster replicas=4\n\nshwo\n", 'standard input:3: given "shwo", wanted one of cluster '],
      [["-"], "cluster replicas=4\nshow\n", 'standard input:2: given "show" below a command'],
      [["-"], "cluster replica=4\n", 'standard input:1: given "replica=4", wanted: cluster replicas=N'],
    ] as const
  ) {
    const { code, errors } = await play(args, root, input);
    assertEquals(code, 2, `${args}: ${errors}`);
    for (const part of wanted) assert(errors.startsWith(`play: ${part}`), `${args}: ${errors}`);
  }
});

Deno.test("play: a command that fails ends with exit code 1", async () => {
  const { code, errors } = await play(["-"], root, "cluster replicas=4\n\nuntil commit=1 max=10\n");
  assertEquals(code, 1);
  assertStringIncludes(errors, "play: standard input:3: until commit=1 max=10: given up after 10 ms");
});
