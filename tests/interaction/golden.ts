/** `deno task golden`: writes into every transcript what happens now. */
import { ConfigError } from "../../crypto/config_error.ts";
import { EXIT_DONE, runTask } from "../../tasks/support/run_task.ts";
import { goldenFiles } from "./golden_files.ts";

const USAGE =
  `Rewrites the transcripts in tests/interaction/ with what their commands print now, and the list of commands in the README there.
The difference is then reviewed like code: git diff tests/interaction.

Usage: golden

  --help   this text

Exit codes: 0 done, 1 failed, 2 wrong usage.
`;

function golden(args: readonly string[], print: (line: string) => void): Promise<number> {
  if (args.length > 0) throw new ConfigError(`given ${args.join(" ")}, wanted no arguments`);
  for (const file of goldenFiles()) {
    const text = file.expected();
    if (text === file.read()) continue;
    Deno.writeTextFileSync(file.path, text);
    print(`rewritten: tests/interaction/${file.name}`);
  }
  return Promise.resolve(EXIT_DONE);
}

if (import.meta.main) Deno.exit(await runTask({ name: "golden", usage: USAGE, run: golden }));
