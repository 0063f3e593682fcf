/** Runs the experiment: all systems in turn, each time anew and alone on the machine. */
import type { Progress } from "../../tasks/support/progress.ts";
import type { Machine } from "../cluster/bench_result.ts";
import { watchForInterruption } from "../cluster/interruption.ts";
import { describeMachine } from "../cluster/machine.ts";
import { etcdVersion } from "../etcd/find_etcd.ts";
import { medianOf } from "../support/median.ts";
import { measure, type Point } from "./measure.ts";
import type { ExperimentPlan } from "./plan.ts";
import { openEtcd, openVariant, type Subject } from "./subject.ts";
import { ETCD, VARIANTS } from "./variants.ts";

/** Medians of one system, by the number of commands. */
export interface SystemPoints {
  readonly name: string;
  readonly points: readonly Point[];
}

export interface ExperimentResult {
  readonly plan: ExperimentPlan;
  readonly machine: Machine;
  /** Null where etcd was not on PATH. */
  readonly etcd: string | null;
  readonly systems: readonly SystemPoints[];
}

interface Entrant {
  readonly name: string;
  open(dir: string): Promise<Subject>;
}

/** Runs `plan`, telling each system's points of each run as soon as they are there. */
export async function runExperiment(
  plan: ExperimentPlan,
  progress: Progress,
  tell: (name: string, run: number, points: readonly Point[]) => void,
): Promise<ExperimentResult> {
  const machine = await describeMachine();
  const etcd = await etcdVersion();
  const entrants = entrantsOf(plan, etcd !== null);
  const found = new Map<string, (readonly Point[])[]>(entrants.map(({ name }) => [name, []]));
  using interruption = watchForInterruption();
  for (let run = 1; run <= plan.runs; run++) {
    for (const entrant of entrants) {
      const show = (what: string) => progress.show(() => `run ${run} of ${plan.runs}, ${entrant.name}, ${what}`);
      show("starting");
      const points = await runOnce(entrant, plan, show, interruption.happened);
      progress.clear();
      found.get(entrant.name)!.push(points);
      tell(entrant.name, run, points);
    }
  }
  const systems = entrants.map(({ name }) => ({ name, points: medianOf(found.get(name)!) }));
  return { plan, machine, etcd, systems };
}

function entrantsOf({ only }: ExperimentPlan, hasEtcd: boolean): Entrant[] {
  const ours = VARIANTS.map((variant): Entrant => ({
    name: variant.name,
    open: (dir) => openVariant(variant, dir),
  }));
  const all = hasEtcd ? [...ours, { name: ETCD, open: openEtcd }] : ours;
  return all.filter(({ name }) => only?.some((text) => name.includes(text)) ?? true);
}

async function runOnce(
  { open }: Entrant,
  { commands, size }: ExperimentPlan,
  show: (what: string) => void,
  interrupted: Promise<never>,
): Promise<Point[]> {
  const dir = await Deno.makeTempDir();
  try {
    await using subject = await open(dir);
    return await Promise.race([measure(subject, commands, size, show), interrupted]);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}
