/** `deno task attacks`: real attackers on real replicas, and the table of what came of it. See `--help`. */
import { ConfigError } from "../../crypto/config_error.ts";
import { EXIT_DONE, EXIT_FAILED, printLine, runTask } from "../../tasks/support/run_task.ts";
import { Arena } from "./arena/arena.ts";
import { faultsOf, type Result, TABLE_HEAD, tableRow } from "./arena/result.ts";
import { ATTACKS } from "./attacks.ts";
import { parseArgs } from "@std/cli/parse-args";
import type { Attack } from "./attack.ts";

const USAGE =
  `Attacks real clusters under honest load and prints what came of each attack: writes a second before, during and after, and
beside a process that burns as much processor time as the attacker; peak memory; what status and log said.

Usage: deno task attacks [NAME…] [options]

  NAME          attacks, or parties (outsider, client, insider); all if none is given
  --seconds N   length of each of the four phases (default 10)
  --json FILE   a line of figures for each attack
  --list        names the attacks and makes none

Exit codes: 0 all held, 1 some did not, 2 wrong usage.
`;

async function run(args: readonly string[]): Promise<number> {
  const flags = parseArgs([...args], { string: ["seconds", "json"], boolean: ["list"] });
  const seconds = Number(flags.seconds ?? 10);
  if (!(seconds > 0)) throw new ConfigError(`--seconds ${flags.seconds}: wanted a number above 0`);
  const chosen = choose(flags._.map(String));
  if (flags.list) {
    for (const { name, party, what } of chosen) printLine(`${party.padEnd(9)} ${name.padEnd(28)} ${what}`);
    return EXIT_DONE;
  }
  printLine(TABLE_HEAD);
  let faults = 0;
  for (const attack of chosen) {
    const result = await attackOnce(attack, seconds);
    faults += faultsOf(result).length;
    printLine(tableRow(result));
    if (flags.json !== undefined) {
      await Deno.writeTextFile(flags.json, `${JSON.stringify(result)}\n`, { append: true });
    }
  }
  return faults === 0 ? EXIT_DONE : EXIT_FAILED;
}

function choose(names: readonly string[]): readonly Attack[] {
  for (const name of names) {
    if (ATTACKS.some((attack) => isNamed(attack, name))) continue;
    throw new ConfigError(`${name}: wanted a party or one of ${ATTACKS.map((attack) => attack.name).join(", ")}`);
  }
  return names.length === 0 ? ATTACKS : ATTACKS.filter((attack) => names.some((name) => isNamed(attack, name)));
}

const isNamed = ({ name, party }: Attack, wanted: string): boolean => name === wanted || party === wanted;

/** Makes one attack on a cluster of its own. */
async function attackOnce(attack: Attack, seconds: number): Promise<Result> {
  await using arena = await Arena.open({ party: attack.party, plaintext: attack.plaintext ?? false });
  return await arena.suffer(attack, seconds);
}

if (import.meta.main) Deno.exit(await runTask({ name: "attacks", usage: USAGE, run }));
