/** `deno task attacks`: real attackers on real replicas, and the table of what came of it. See `--help`. */
import { ConfigError } from "../../crypto/config_error.ts";
import { readArguments, wholeNumber } from "../../tasks/support/flags.ts";
import { EXIT_DONE, EXIT_FAILED, printLine, runTask } from "../../tasks/support/run_task.ts";
import { type Standstill, standStill, STANDSTILL_HEAD, standstillRow, STANDSTILLS } from "./accidents/standstill.ts";
import { Arena } from "./arena/arena.ts";
import { faultsOf, TABLE_HEAD, tableRow } from "./arena/result.ts";
import { type Attack, PARTIES } from "./attack.ts";
import { ATTACKS } from "./attacks.ts";

const SECONDS = 10;
const STANDSTILL_SECONDS = [5, 15, 60];

const USAGE =
  `Attacks real clusters under honest load and prints what came of each attack: writes a second before, during and after, and
beside a process that burns as much processor time as the attacker; peak memory; what status and log said.

Then has a replica stand still, stopped or with a disk that blocks, and prints how soon it is level with the others again.

Usage: deno task attacks [NAME…] [options]

  NAME          attacks, or parties (outsider, client, insider), or standstills (stopped, blocked-disk); all if none is given
  --seconds N   length of each of the four phases (default 10), and of a standstill (default 5, 15 and 60)
  --json FILE   a line of figures for each attack
  --list        names the attacks and makes none

Exit codes: 0 all held, 1 some did not, 2 wrong usage.
`;

interface Plan {
  readonly attacks: readonly Attack[];
  readonly standstills: readonly Standstill[];
  readonly seconds: number | null;
  readonly json: string | null;
}

async function run(args: readonly string[]): Promise<number> {
  const { flags, operands } = readArguments(args, ["seconds", "json"], ["list"]);
  const seconds = wholeNumber("seconds", flags.seconds) ?? null;
  if (seconds === 0) throw new ConfigError("--seconds 0: wanted at least 1");
  const plan: Plan = { ...choose(operands), seconds, json: flags.json ?? null };
  if (flags.list) {
    for (const { name, party, what } of plan.attacks) printLine(`${party.padEnd(9)} ${name.padEnd(28)} ${what}`);
    return EXIT_DONE;
  }
  const faults = await attackAll(plan) + await standStillAll(plan);
  return faults === 0 ? EXIT_DONE : EXIT_FAILED;
}

/** Makes the attacks, each on a cluster of its own. Returns how much fell short. */
async function attackAll({ attacks, seconds, json }: Plan): Promise<number> {
  let faults = 0;
  if (attacks.length > 0) printLine(TABLE_HEAD);
  for (const attack of attacks) {
    await using arena = await Arena.open(attack);
    const result = await arena.suffer(attack, seconds ?? SECONDS);
    faults += faultsOf(result).length;
    printLine(tableRow(result));
    await record(json, result);
  }
  return faults;
}

async function standStillAll({ standstills, seconds, json }: Plan): Promise<number> {
  let faults = 0;
  if (standstills.length > 0) printLine(`\n${STANDSTILL_HEAD}`);
  for (const kind of standstills) {
    for (const length of seconds === null ? STANDSTILL_SECONDS : [seconds]) {
      const woken = await standStill(kind, length);
      faults += woken.failures.length + (woken.running.length < 4 ? 1 : 0);
      printLine(standstillRow(woken));
      await record(json, woken);
    }
  }
  return faults;
}

async function record(file: string | null, figures: unknown): Promise<void> {
  if (file !== null) await Deno.writeTextFile(file, `${JSON.stringify(figures)}\n`, { append: true });
}

/** Returns what is named; everything if nothing is. Throws `ConfigError` on a name that is none. */
function choose(names: readonly string[]): Pick<Plan, "attacks" | "standstills"> {
  if (names.length === 0) return { attacks: ATTACKS, standstills: STANDSTILLS };
  const known = [...ATTACKS.map(({ name }) => name), ...PARTIES, ...STANDSTILLS];
  const strange = names.find((name) => !known.includes(name));
  if (strange !== undefined) throw new ConfigError(`${strange}: wanted one of ${known.join(", ")}`);
  return {
    attacks: ATTACKS.filter((attack) => names.some((name) => isNamed(attack, name))),
    standstills: STANDSTILLS.filter((kind) => names.includes(kind)),
  };
}

const isNamed = ({ name, party }: Attack, wanted: string): boolean => name === wanted || party === wanted;

if (import.meta.main) Deno.exit(await runTask({ name: "attacks", usage: USAGE, run, endsOnSignal: true }));
