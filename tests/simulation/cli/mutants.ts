/** Searches for planted bugs: the same search, run on a copy of the sources that holds one. */
import { ConfigError } from "../../../crypto/config_error.ts";
import { EXIT_DONE, printLine } from "../../../tasks/support/run_task.ts";
import { applyMutant, findMutant, listMutants } from "../../mutants/mod.ts";

/** Exit code of a search on a copy that found the planted bug. */
export const EXIT_CAUGHT = 4;
/** Number of seeds within which every mutant must be found. */
const MUTANT_SEEDS = 2000;

/** Returns one line per mutant. */
export const listMutantNames = (): string[] =>
  listMutants().map(({ name, kind, clause, what }) => `${name} (${kind}, ${clause}): ${what}`);

/** Runs the search on a copy with `name` planted; true if it was found. `args` are the caller's, and are passed on. */
export async function searchMutant(name: string, args: readonly string[]): Promise<boolean> {
  if (!listMutants().some((mutant) => mutant.name === name)) {
    throw new ConfigError(`--mutant: given "${name}", wanted one that --list-mutants names`);
  }
  const { replicas, scenario, profile, changes } = findMutant(name);
  const given = withoutMutant(args);
  const wants = (flag: string) => !given.some((arg) => arg === flag || arg.startsWith(`${flag}=`));
  await using copy = await applyMutant(name);
  const command = new Deno.Command(Deno.execPath(), {
    args: [
      ...[
        "run",
        "-q",
        "--no-check",
        "--no-prompt",
        "-P=sim",
        "tests/simulation/main.ts",
        ...given,
        "--until-failure",
        "--planted",
        name,
      ],
      ...(wants("--seeds") ? ["--seeds", String(MUTANT_SEEDS)] : []),
      ...(replicas !== undefined && wants("--replicas") ? ["--replicas", String(replicas)] : []),
      ...(profile !== undefined && wants("--profile") ? ["--profile", profile] : []),
      ...(changes && wants("--changes") ? ["--changes"] : []),
      ...(scenario !== undefined && wants("--scenario") && wants("--actor") ? ["--scenario", scenario] : []),
    ],
    cwd: copy.root,
    stdin: "null",
  });
  const { code } = await command.spawn().status;
  const found = wasFound(name, code);
  printLine(found ? `mutant ${name} was found` : `mutant ${name} was NOT found`);
  return found;
}

/** Returns what the exit code of the search on a copy says. Throws on any other than its own two: a copy that does not load ends with 1. */
export function wasFound(name: string, code: number): boolean {
  if (code === EXIT_CAUGHT) return true;
  if (code === EXIT_DONE) return false;
  throw new Error(`the search for mutant ${name} ended with exit code ${code}, wanted ${EXIT_CAUGHT} or ${EXIT_DONE}`);
}

function withoutMutant(args: readonly string[]): string[] {
  return args.filter((arg, i) => arg !== "--mutant" && args[i - 1] !== "--mutant" && !arg.startsWith("--mutant="));
}
