/**
 * `deno task test`: the whole suite, or the files given, on more jobs than processors: many tests wait for processes they have started.
 * Types are left to `deno check`, a step of the gate.
 */

const JOBS_A_PROCESSOR = 1.5;
const OPTIONS = ["--no-prompt", "--no-check", "--quiet", "--parallel", "--reporter=dot", "-P"];

/** Returns the arguments of `deno` that run the suite, and the number of files it runs at a time. */
export function suiteCommand(processors: number, files: readonly string[] = []) {
  return { args: ["test", ...OPTIONS, ...files], jobs: String(Math.ceil(JOBS_A_PROCESSOR * processors)) };
}

if (import.meta.main) {
  const { args, jobs } = suiteCommand(navigator.hardwareConcurrency, Deno.args);
  const env = { DENO_JOBS: Deno.env.get("DENO_JOBS") ?? jobs };
  const { code } = await new Deno.Command(Deno.execPath(), { args, env, stdin: "null" }).spawn().status;
  Deno.exit(code);
}
