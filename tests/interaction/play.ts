/** `deno task play FILE`: plays a transcript and prints it with its present output. */
import { resolve } from "node:path";
import { ConfigError } from "../../crypto/config_error.ts";
import { EXIT_DONE, EXIT_FAILED, printLine, runTask } from "../../tasks/support/run_task.ts";
import { describeCommands, play, PlayError } from "./interpreter.ts";

const USAGE =
  `Plays a transcript: prints its commands, each with what happens now below it. Nothing is written to the file.

Usage: play FILE

  FILE     a file such as tests/interaction/first_election.txt; - reads standard input
  --help   this text

A transcript is text. Blank lines stand between its commands, one a line; what a file says below ---- of their output is
passed over. Lines that begin with # are comments.

${describeCommands()}

Exit codes: 0 played to the end, 1 a command failed, 2 wrong usage, a file that cannot be read or is not understood.
`;

/** Returns the one argument. */
function fileOf(args: readonly string[]): string {
  const [file] = args;
  if (file === undefined || args.length > 1) {
    throw new ConfigError(`given ${args.length} arguments, wanted one file, or - for standard input; --help says more`);
  }
  if (file.startsWith("-") && file !== "-") {
    throw new ConfigError(`${file}: given an unknown option, wanted a file, - or --help`);
  }
  return file;
}

/** Returns the text of `file`, a path relative to the user's directory: tasks run in the project's folder. */
async function read(file: string): Promise<string> {
  if (file === "-") return await new Response(Deno.stdin.readable).text();
  try {
    return await Deno.readTextFile(resolve(Deno.env.get("INIT_CWD") ?? Deno.cwd(), file));
  } catch (cause) {
    throw new ConfigError(`${file}: given a file that cannot be read: ${(cause as Error).message}`, { cause });
  }
}

async function playFile(args: readonly string[]): Promise<number> {
  const file = fileOf(args);
  const text = await read(file);
  let before = "";
  try {
    for (const block of play(file === "-" ? "standard input" : file, text)) {
      printLine(`${before}${block}`);
      before = "\n";
    }
    return EXIT_DONE;
  } catch (error) {
    if (!(error instanceof PlayError)) throw error;
    console.error(`play: ${error.message}`);
    return EXIT_FAILED;
  }
}

if (import.meta.main) Deno.exit(await runTask({ name: "play", usage: USAGE, run: playFile }));
