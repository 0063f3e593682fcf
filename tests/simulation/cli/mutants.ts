/** Searches for planted bugs: the same search, or the test that is to find it, run on a copy of the sources that holds one. */
import { ConfigError } from "../../../crypto/config_error.ts";
import { EXIT_DONE, printLine } from "../../../tasks/support/run_task.ts";
import { applyMutant, findMutant, listMutants, type Mutant } from "../../mutants/mod.ts";

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
  const { replicas, scenario, profile, changes, test } = findMutant(name);
  if (test !== undefined) return told(name, await failsTest(name, test));
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
  return told(name, wasFound(name, code));
}

function told(name: string, found: boolean): boolean {
  printLine(found ? `mutant ${name} was found` : `mutant ${name} was NOT found`);
  return found;
}

/** Runs a test on a copy with `name` planted. Returns whether that test failed; throws if the copy does not load. */
async function failsTest(name: string, { file, named }: Required<Mutant>["test"]): Promise<boolean> {
  await using copy = await applyMutant(name);
  const args = ["test", "-P", "-q", "--no-check", "--no-prompt", "--filter", `/^${named} /`, file];
  const command = new Deno.Command(Deno.execPath(), { args, cwd: copy.root, env: { NO_COLOR: "1" }, stdin: "null" });
  const { stdout } = await command.output();
  const lines = new TextDecoder().decode(stdout).split("\n");
  const [line] = lines.filter((each) => each.startsWith(`${named} `) && / \.\.\. (ok|FAILED) /.test(each));
  if (line === undefined) throw new Error(`mutant ${name}: wanted the test ${named} of ${file}, got no outcome of it`);
  printLine(line);
  return line.includes(" ... FAILED ");
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
