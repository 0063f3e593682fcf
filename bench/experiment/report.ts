/** Tells the result of the experiment: lines, CSV and a plot. */
import { textTable } from "../../tasks/support/text_table.ts";
import { stepAxis } from "../support/axis.ts";
import { type Chart, COLOURS, drawChart, type Panel, type Series } from "../support/line_chart.ts";
import { type Point, UNDER_WAY } from "./measure.ts";
import type { ExperimentResult, SystemPoints } from "./run.ts";
import { ETCD, FEATURES, SYSTEMS, WHOLE } from "./variants.ts";

/** Figures of an earlier system that implemented this protocol, as its authors published them: milliseconds by the number of commands. */
export const PUBLISHED: readonly SystemPoints[] = [
  { name: "earlier BFT", points: pointsOf([[500, 1000], [5000, 42_000]]) },
  { name: "earlier Raft", points: pointsOf([[1000, 3000]]) },
];

function pointsOf(times: readonly (readonly [number, number])[]): Point[] {
  return times.map(([commands, ms]) => ({ commands, ms, serversMs: NaN, clientMs: NaN }));
}

const COLUMNS = ["system", "commands", "ms", "servers_cpu_ms_a_command", "client_cpu_ms_a_command"] as const;

/** Returns the medians as CSV, the published figures behind them. */
export function csvOf({ systems }: ExperimentResult): string {
  const rows = [...systems, ...PUBLISHED].flatMap(({ name, points }) =>
    points.map(({ commands, ms, serversMs, clientMs }) =>
      [`"${name}"`, commands, ms.toFixed(2), decimal(serversMs), decimal(clientMs)].join(",")
    )
  );
  return [COLUMNS.join(","), ...rows, ""].join("\n");
}

const decimal = (value: number): string => Number.isFinite(value) ? value.toFixed(4) : "";

/** Returns a table of the medians for people: milliseconds, and processor milliseconds a command for the largest number. */
export function reportLines({ systems, plan, machine }: ExperimentResult): string[] {
  const head = ["ms to commit", ...plan.commands.map(String), "CPU ms a command"];
  const rows = systems.map(({ name, points }): string[] => {
    const { serversMs, clientMs } = points.at(-1)!;
    return [name, ...points.map(({ ms }) => ms.toFixed(ms < 100 ? 1 : 0)), (serversMs + clientMs).toFixed(3)];
  });
  const where =
    `${machine.cores} × ${machine.processor}, Linux ${machine.kernel}, Deno ${machine.deno}, load before ${machine.loadBefore}`;
  return ["", where, "", ...textTable(head, rows)];
}

/** Returns the plot as the text of an SVG file. */
export function plotOf({ plan, machine, systems }: ExperimentResult): string {
  const { commands, size, runs, provisional } = plan;
  const named = (names: readonly string[]) => systems.filter(({ name }) => names.includes(name));
  const whole = named([...SYSTEMS.map(({ name }) => name), ETCD]);
  const features = named([WHOLE.name, ...FEATURES.map(({ name }) => name)]);
  const counts = [...new Set([...commands, ...PUBLISHED.flatMap(({ points }) => points.map((each) => each.commands))])];
  const chart: Chart = {
    title: "Time to commit k commands",
    subtitle: `${size} B a value, ${UNDER_WAY} under way, ${runs === 1 ? "one run" : `medians of ${runs} runs`}, ` +
      `${machine.cores} cores for all processes${provisional ? "; PROVISIONAL: the machine was busy" : ""}`,
    axis: stepAxis(counts.sort((a, b) => a - b), "k"),
    panels: [
      { ...panel("Elapsed", "ms", [...whole, ...PUBLISHED], ({ ms }) => ms), log: true },
      panel("Processor time a command", "ms", whole, cpuOf),
      { ...panel("Elapsed, n = 4", "ms", features, ({ ms }) => ms), log: true },
      panel("CPU, n = 4", "ms", features, cpuOf),
    ],
    events: [],
  };
  return drawChart(chart);
}

/** The kernel counts processor time in hundredths of a second: fewer commands than these take too few. */
const LEAST_FOR_CPU = 100;
const cpuOf = ({ commands, serversMs, clientMs }: Point): number | null =>
  commands >= LEAST_FOR_CPU ? serversMs + clientMs : null;

const panel = (
  title: string,
  unit: string,
  systems: readonly SystemPoints[],
  pick: (point: Point) => number | null,
): Panel => ({
  ...{ title, unit },
  series: systems.map(({ name, points }, i): Series => ({
    ...{ name, colour: COLOURS[i % COLOURS.length]! },
    points: points.map((point) => [point.commands, pick(point)]),
  })),
});
