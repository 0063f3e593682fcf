/** `deno task ok`: the gate that everything passes before it is merged. */
import { ConfigError } from "../crypto/config_error.ts";
import { EXIT_DONE, EXIT_FAILED, printLine, runTask } from "./support/run_task.ts";

const USAGE =
  `Runs everything that a change must pass before it is merged: format, lint with the house rules, types, a hundred seeds of the
simulation, thirty in which rosters change, fifty of its crash profile and a fresh one, all tests. Steps run in order, each one printed with its duration; the first failure ends it.

Usage: ok [options]

  --no-test   all but the tests
  --help      this text

Exit codes: 0 all passed, 1 a step failed, 2 wrong usage.
`;

/** One step: a `deno` command line. */
export interface Step {
  readonly name: string;
  readonly args: readonly string[];
}

const CHECKS: readonly Step[] = [
  { name: "format", args: ["fmt", "--check"] },
  { name: "lint", args: ["lint"] },
  { name: "types", args: ["check", "--quiet", "."] },
  { name: "simulation", args: ["task", "--quiet", "sim", "--seeds", "100"] },
  { name: "changes of rosters", args: ["task", "--quiet", "sim", "--changes", "--seeds", "30"] },
  { name: "crash profile", args: ["task", "--quiet", "sim", "--profile", "crash", "--seeds", "50"] },
  { name: "fresh seed", args: ["task", "--quiet", "sim", "--fresh", "--seeds", "1"] },
];
const TESTS: readonly Step[] = [
  { name: "tests", args: ["task", "--quiet", "test"] },
];

/** Runs one step and returns whether it passed. */
export type Runner = (step: Step) => Promise<boolean>;

const root = new URL("../", import.meta.url);

/** Runs the step with this same Deno, its output going to ours. */
const runDeno: Runner = async ({ args }) => {
  const command = new Deno.Command(Deno.execPath(), { args: [...args], cwd: root, stdin: "null" });
  return (await command.spawn().status).success;
};

/** Runs `steps` in order until one fails; true if all passed. */
export async function runSteps(
  steps: readonly Step[],
  run: Runner,
  print: (line: string) => void = printLine,
): Promise<boolean> {
  const started = performance.now();
  for (const [position, step] of steps.entries()) {
    const label = `[${position + 1}/${steps.length}] ${step.name}`;
    print(`${label}: deno ${step.args.join(" ")}`);
    const stepStarted = performance.now();
    const passed = await run(step);
    print(`${label}: ${passed ? "ok" : "FAILED"} (${seconds(stepStarted)})`);
    if (!passed) return false;
  }
  print(`gate passed (${seconds(started)})`);
  return true;
}

const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`;

/** Returns the steps that the command line asks for, or null if it asks for something unknown. */
export function chooseSteps(args: readonly string[]): readonly Step[] | null {
  if (args.length === 0) return [...CHECKS, ...TESTS];
  return args.length === 1 && args[0] === "--no-test" ? CHECKS : null;
}

async function ok(args: readonly string[]): Promise<number> {
  const steps = chooseSteps(args);
  if (steps === null) throw new ConfigError(`given ${args.join(" ")}, wanted nothing or --no-test`);
  return await runSteps(steps, runDeno) ? EXIT_DONE : EXIT_FAILED;
}

if (import.meta.main) Deno.exit(await runTask({ name: "ok", usage: USAGE, run: ok }));
