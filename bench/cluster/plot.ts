/** Plots a benchmark: throughput and latencies by the number of clients. */
import { stepAxis } from "../support/axis.ts";
import { type Chart, COLOURS, drawChart, type Panel } from "../support/line_chart.ts";
import type { BenchResult, SystemResult } from "./bench_result.ts";
import { callOf, type Row } from "./row.ts";

/** Returns the plot of the medians as the text of an SVG file. */
export function plotBench({ plan, machine, systems }: BenchResult): string {
  const { size, mode, outstanding, runs, clients } = plan;
  const load = mode === "closed" ? "closed loop" : `${outstanding} writes under way each`;
  const names = systems.map(({ name, servers }) => `${name} (${servers})`).join(" and ");
  const rows = systems[0]?.medians.rows ?? [];
  const call = rows[0] === undefined ? "write" : callOf(rows[0]);
  const panel = (title: string, unit: string, pick: (row: Row) => number): Panel => ({
    ...{ title, unit, series: systems.map((system, i) => seriesOf(system, COLOURS[i]!, pick)) },
  });
  const chart: Chart = {
    title: `${
      call === "write" ? "Writes" : call === "read" ? "Fast reads" : "Writes and fast reads"
    } by the number of clients: ${names}`,
    subtitle: `${size} B a value, ${load}, ${
      runs === 1 ? "one run" : `medians of ${runs} runs`
    }, ${machine.cores} cores for all processes`,
    axis: stepAxis(clients, "clients"),
    panels: [
      panel("Throughput", `${call}s/s`, ({ writesPerSecond }) => writesPerSecond),
      panel("Latency, p50", "ms", ({ latencyMs }) => latencyMs.p50),
      panel("Latency, p99", "ms", ({ latencyMs }) => latencyMs.p99),
      panel(`Processor time a ${call}, clients included`, "ms", ({ cpuMs }) => cpuMs.all),
    ],
    events: [],
  };
  return drawChart(chart);
}

const seriesOf = ({ name, medians }: SystemResult, colour: string, pick: (row: Row) => number) => ({
  name,
  colour,
  points: medians.rows.map((row): [number, number | null] => {
    const value = pick(row);
    return [row.clients, Number.isFinite(value) ? value : null];
  }),
});
