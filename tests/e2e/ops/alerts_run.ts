/**
 * Does one fault after the other to a real cluster that a real Prometheus scrapes, and prints which alerts each raised and how soon. Ends with 1 if one did not fire, if
 * another one did, or if one still fires some time after its fault is over. To be run with SIGXFSZ ignored, which its replicas inherit (docs/metrics.md has the command).
 */
import { eventually } from "../../../tasks/support/eventually.ts";
import { textTable } from "../../../tasks/support/text_table.ts";
import { type Fault, FAULTS } from "./faults/mod.ts";
import { delay } from "./load.ts";
import { hasProgram } from "./prometheus.ts";
import { Stage } from "./stage.ts";

/** Time within which the alerts of a fault have to fire, and to be over after it, in milliseconds. */
const PATIENCE_MS = 60_000;
const POLL_MS = 200;
/** Time for which a fault goes on when all of its alerts fire, so that others that it raises do too: longer than they wait. */
const LONGER_MS = 5000;

interface Outcome {
  readonly fault: Fault;
  /** Time after which each alert fired that was seen, in milliseconds from the beginning. */
  readonly fired: ReadonlyMap<string, number>;
  readonly missing: readonly string[];
  readonly unexpected: readonly string[];
  /** Time from the end of the fault until nothing fired, in milliseconds; null if it never came to that. */
  readonly quietMs: number | null;
}

/** Faults whose names begin with one of the arguments; all of them without any. */
const faultsToDo = FAULTS.filter(({ what }) =>
  Deno.args.length === 0 || Deno.args.some((name) => what.startsWith(name))
);
if (faultsToDo.length === 0) throw new Error(`given ${Deno.args.join(", ")}, wanted beginnings of faults' names`);
/** Alerts that go on from faults before. */
const staying = new Set<string>();
/** Alerts that a machine which has other things to do raises by itself: they are told of, and no fault of the rules. */
const OF_THE_MACHINE = ["BftRaftStarved", "BftRaftDiskSlow"];

/** Looks at what fires until `isEnough`, or for as long as is waited; returns whether it was enough. */
async function watch(stage: Stage, isEnough: (names: ReadonlySet<string>) => boolean): Promise<boolean> {
  const deadline = performance.now() + PATIENCE_MS;
  for (; performance.now() < deadline; await delay(POLL_MS)) {
    const names = (await stage.prometheus.firing()).map(({ name }) => name);
    if (isEnough(new Set(names.filter((name) => !staying.has(name))))) return true;
  }
  return false;
}

async function play(fault: Fault, stage: Stage): Promise<Outcome> {
  const fired = new Map<string, number>();
  const begun = performance.now();
  const end = await fault.begin(stage);
  const note = (names: ReadonlySet<string>) => {
    for (const name of names) if (!fired.has(name)) fired.set(name, performance.now() - begun);
  };
  const isMissing = (name: string) => !fired.has(name);
  let longerUntil = Infinity;
  await watch(stage, (names) => {
    note(names);
    if (longerUntil === Infinity && !fault.alerts.some(isMissing)) longerUntil = performance.now() + LONGER_MS;
    return performance.now() >= longerUntil;
  });
  await end();
  for (const name of fault.stays ?? []) staying.add(name);
  const over = performance.now();
  const isQuiet = await watch(stage, (names) => {
    note(names);
    return [...names].every((name) => OF_THE_MACHINE.includes(name));
  });
  const expected = [...fault.alerts, ...fault.also ?? [], ...OF_THE_MACHINE];
  return {
    ...{ fault, fired, missing: fault.alerts.filter(isMissing) },
    unexpected: [...fired.keys()].filter((name) => !expected.includes(name)),
    quietMs: isQuiet ? performance.now() - over : null,
  };
}

const seconds = (ms: number | undefined): string => ms === undefined ? "never" : (ms / 1000).toFixed(1);

function rowsOf({ fault, fired, missing, unexpected, quietMs }: Outcome): string[][] {
  const besides = [...fired.keys()].filter((name) => !fault.alerts.includes(name) && !unexpected.includes(name));
  const over = seconds(quietMs ?? undefined);
  return [
    ...[...fault.alerts].map((name) => {
      const wanted = missing.includes(name) ? "NOT SEEN" : fault.stays?.includes(name) ? "wanted, stays" : "wanted";
      return [fault.what, name, wanted, seconds(fired.get(name)), over];
    }),
    ...besides.map((name) => {
      const why = fault.also?.includes(name) ? "may follow" : "of the machine";
      return [fault.what, name, why, seconds(fired.get(name)), over];
    }),
    ...unexpected.map((name) => [fault.what, name, "UNEXPECTED", seconds(fired.get(name)), over]),
  ];
}

async function run(stage: Stage): Promise<boolean> {
  const all = stage.cluster.ids.length;
  await eventually(
    "all are healthy",
    async () => await stage.prometheus.value("sum(bft_raft_healthy)") === all,
    PATIENCE_MS,
  );
  let isGood = await watch(stage, (names) => [...names].every((name) => OF_THE_MACHINE.includes(name)));
  const rows: string[][] = [];
  for (const fault of faultsToDo) {
    if (fault.needs !== undefined && !hasProgram(fault.needs)) {
      console.error(`${fault.what}: left out, as there is no ${fault.needs}`);
      continue;
    }
    const outcome = await play(fault, stage);
    const its = rowsOf(outcome);
    for (const row of its) console.error(row.join(" | "));
    rows.push(...its);
    isGood &&= outcome.missing.length + outcome.unexpected.length === 0 && outcome.quietMs !== null;
  }
  for (const line of textTable(["fault", "alert", "", "fires after s", "quiet after s"], rows)) console.log(line);
  return isGood;
}

let isGood = false;
await Stage.with(async (stage) => {
  isGood = await run(stage);
});
Deno.exit(isGood ? 0 : 1);
