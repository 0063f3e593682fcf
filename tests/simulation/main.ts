/** `deno task sim`: searches for a schedule that breaks the core, seed by seed, or finds a planted bug. */
import { OutputError } from "../../client/cli/common/standard_streams.ts";
import { ConfigError } from "../../crypto/config_error.ts";
import type { Profile } from "../../protocol/quorum.ts";
import { profileOf } from "../../tasks/keygen/constants.ts";
import { readFlags, wholeNumber } from "../../tasks/support/flags.ts";
import { createProgress } from "../../tasks/support/progress.ts";
import { EXIT_DONE, EXIT_FAILED, printLine, runTask } from "../../tasks/support/run_task.ts";
import { NAMED_ACTORS } from "./actors/mod.ts";
import { EXIT_CAUGHT, listMutantNames, searchMutant } from "./cli/mutants.ts";
import { replayFile } from "./cli/recording.ts";
import { printTranscript } from "./cli/transcript.ts";
import { runWanTask, WAN_STRINGS, WAN_USAGE } from "./cli/wan.ts";
import { leastReplicas } from "./plan/tolerance.ts";
import { SCENARIOS } from "./scenarios/mod.ts";
import { runSeeds } from "./search/pool.ts";
import type { SeedResult } from "./search/seed_runner.ts";
import { addRun, emptyStatistics } from "./search/statistics.ts";

const USAGE = `Runs the real core, storage rules and client session under seeded faults and faulty replicas.

Usage: sim [options]

  --seeds N           seeds to run (default 200; with --mutant until it is found, at most 2000)
  --start S           first seed (default 1)
  --fresh             start at a seed drawn at random, which is printed
  --profile NAME      byzantine (default), or crash: replicas crash and lose disks, and none lies (§1.4)
  --replicas N        replicas (default 4, in the crash profile 3)
  --actor NAME        only this faulty behaviour: ${Object.keys(NAMED_ACTORS).join(", ")}
  --changes           plans in which rosters change while all else goes on (§13)
  --scenario NAME     only plans made for this purpose: ${Object.keys(SCENARIOS).join(", ")}
  --mutant NAME       search on a copy of the sources with one planted bug; passes if it is found
  --list-mutants      the planted bugs there are
  --invariants-only   judge by §10 and what clients see, not also by single clauses
  --transcript        shrink the first failing seed and print it as a transcript
  --recording FILE    replay a recording of a real replica and compare its outputs
  --workers N         seeds run at a time (default: one a processor)
  --json              a summary in JSON before the last line
${WAN_USAGE}  --help              this text

Shows its progress on a terminal. The last line is "N passed, M failed". Exit codes: 0 all passed (or the mutant was found), 1 not so, 2 wrong usage,
3 the simulation itself broke.
`;

const STRINGS = [
  "seeds",
  "start",
  "profile",
  "replicas",
  "actor",
  "scenario",
  "mutant",
  "recording",
  "planted",
  "workers",
  ...WAN_STRINGS,
] as const;
const BOOLEANS = [
  "fresh",
  "list-mutants",
  "invariants-only",
  "transcript",
  "json",
  "until-failure",
  "load-only",
  "changes",
] as const;
const EXIT_BROKEN = 3;
const DEFAULT_SEEDS = 200;
/** Maximum number of failing seeds that are printed one by one. */
const PRINTED_FAILURES = 10;

type Flags = ReturnType<typeof readFlags<(typeof STRINGS)[number], (typeof BOOLEANS)[number]>>;

interface Search {
  readonly profile: Profile;
  readonly first: number;
  readonly count: number;
  readonly replicas: number;
  readonly actors: readonly string[] | null;
  readonly scenario: string | null;
  readonly changes: boolean;
  readonly workers: number;
  readonly untilFailure: boolean;
  readonly clauses: boolean;
  /** The mutant that these sources hold, as the search on its copy is told. */
  readonly mutant: string | null;
}

function searchOf(flags: Flags): Search {
  const { actor, scenario } = flags;
  named("actor", actor, NAMED_ACTORS);
  named("scenario", scenario, SCENARIOS);
  if (actor !== undefined && scenario !== undefined) {
    throw new ConfigError("--scenario: given with --actor, wanted one of the two");
  }
  const profile = profileOf(flags.profile);
  if (profile === "crash" && (actor !== undefined || scenario !== undefined)) {
    throw new ConfigError("--profile: given crash with --actor or --scenario, wanted neither: nobody lies there");
  }
  return {
    profile,
    first: flags.fresh ? freshSeed() : wholeNumber("start", flags.start) ?? 1,
    count: seedsOf(flags),
    replicas: replicasOf(flags, profile),
    actors: actor === undefined ? null : [actor],
    scenario: scenario ?? null,
    changes: flags.changes,
    workers: wholeNumber("workers", flags.workers) ?? navigator.hardwareConcurrency,
    untilFailure: flags["until-failure"],
    clauses: !flags["invariants-only"],
    mutant: flags.planted ?? null,
  };
}

function named(flag: string, name: string | undefined, known: Readonly<Record<string, unknown>>): void {
  if (name === undefined || name in known) return;
  throw new ConfigError(`--${flag}: given "${name}", wanted one of ${Object.keys(known).join(", ")}`);
}

function freshSeed(): number {
  const seed = Math.floor(Math.random() * 1e9);
  printLine(`fresh seed ${seed}`);
  return seed;
}

function seedsOf(flags: Flags): number {
  const seeds = wholeNumber("seeds", flags.seeds) ?? DEFAULT_SEEDS;
  if (seeds === 0) throw new ConfigError("--seeds: given 0, wanted at least 1");
  return seeds;
}

function replicasOf(flags: Flags, profile: Profile): number {
  const least = leastReplicas(profile);
  const replicas = wholeNumber("replicas", flags.replicas) ?? least;
  if (replicas < least || replicas > 16) {
    throw new ConfigError(`--replicas: given ${replicas}, wanted ${least} to 16`);
  }
  return replicas;
}

/** Returns the command that runs one seed of `search` again. */
function replayCommand(
  { profile, replicas, actors, scenario, changes, clauses, mutant }: Search,
  seed: number,
): string {
  const planted = mutant === null ? "" : ` --mutant ${mutant}`;
  const plans = `${actors ? ` --actor ${actors[0]}` : ""}${scenario ? ` --scenario ${scenario}` : ""}`;
  const options = `${plans}${changes ? " --changes" : ""}${clauses ? "" : " --invariants-only"}${planted}`;
  const kind = profile === "crash" ? " --profile crash" : "";
  return `deno task sim${kind} --start ${seed} --seeds 1 --replicas ${replicas}${options} --transcript`;
}

/** Runs the seeds and prints what failed; returns the failing results, the lowest seed first. */
async function search(options: Search, json: boolean): Promise<SeedResult[]> {
  const statistics = emptyStatistics();
  const failures: SeedResult[] = [];
  const started = performance.now();
  const progress = createProgress(!json);
  await runSeeds({ ...options, enough: () => options.untilFailure && failures.length > 0 }, (result) => {
    addRun(statistics, result, result.stats);
    progress.show(() => `${statistics.runs} of ${options.count} seeds, ${failures.length} failed`);
    if (result.violation === null) return;
    failures.push(result);
    if (failures.length > PRINTED_FAILURES) return;
    progress.clear();
    const { invariant, detail } = result.violation;
    printLine(`seed ${result.seed} failed at ${result.endedAt.toFixed(0)} ms: ${invariant}: ${detail}`);
    printLine(`  ${replayCommand(options, result.seed)}`);
  });
  progress.clear();
  failures.sort((a, b) => a.seed - b.seed);
  const seconds = (performance.now() - started) / 1000;
  const { runs, sums } = statistics;
  printLine(
    `${options.profile}, n = ${options.replicas}: ${runs} seeds in ${
      seconds.toFixed(1)
    } s, ${sums.steps} steps, ${sums.elections} elections, ` +
      `${sums.commits} commits, ${sums.byzantinePackets} packets of faulty replicas, ${sums.crashes} crashes, ` +
      `${sums.checkpoints} checkpoints, ${sums.transferred} state transfers, ${sums.refusals} refusals of disks, ` +
      `${options.changes ? `${sums.epochs} changes of rosters, ` : ""}` +
      `${sums.wipes} disks lost and ${sums.rejoined} learners back, slowest liveness ${
        (statistics.slowestLivenessMs / 1000).toFixed(1)
      } s (seed ${statistics.slowestSeed})` +
      (sums.undecided > 0 ? `, ${sums.undecided} histories undecided` : ""),
  );
  if (json) {
    const found = failures.map(({ seed, violation }) => ({ seed, ...violation }));
    printLine(
      JSON.stringify({ replicas: options.replicas, first: options.first, seconds, ...statistics, failures: found }),
    );
  }
  printLine(`${runs - failures.length} passed, ${failures.length} failed`);
  return failures;
}

async function sim(args: readonly string[]): Promise<number> {
  try {
    const flags = readFlags(args, STRINGS, BOOLEANS);
    if (!flags["list-mutants"]) return await run(flags, args);
    for (const line of listMutantNames()) printLine(line);
    return EXIT_DONE;
  } catch (error) {
    if (error instanceof ConfigError || error instanceof OutputError) throw error;
    // An error outside the core: it must never pass for a seed that failed, or a mutant that was found.
    console.error(`sim: the simulation itself broke: ${(error as Error).stack}`);
    return EXIT_BROKEN;
  }
}

async function run(flags: Flags, args: readonly string[]): Promise<number> {
  if (flags.wan !== undefined) {
    runWanTask(flags);
    return EXIT_DONE;
  }
  if (flags.recording !== undefined) {
    return await replayFile(flags.recording, flags.transcript) ? EXIT_DONE : EXIT_FAILED;
  }
  if (flags.mutant !== undefined) return await searchMutant(flags.mutant, args) ? EXIT_DONE : EXIT_FAILED;
  const options = searchOf(flags);
  const [failure] = await search(options, flags.json);
  if (failure === undefined) return EXIT_DONE;
  if (flags.transcript) await printTranscript(failure, options);
  return options.mutant === null ? EXIT_FAILED : EXIT_CAUGHT;
}

if (import.meta.main) Deno.exit(await runTask({ name: "sim", usage: USAGE, run: sim }));
