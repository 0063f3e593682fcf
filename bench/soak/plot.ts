/** Plots a soak. */
import { timeAxis } from "../support/axis.ts";
import { type Chart, COLOURS, drawChart, type Panel } from "../support/line_chart.ts";
import { FIGURES } from "./flatness.ts";
import type { SoakPlan } from "./plan.ts";
import type { Sample, TimelineEvent } from "./timeline.ts";

const TITLES = { "resident memory": "Resident memory", "on disk": "Database and write-ahead log on disk" };

/** Returns the plot as the text of an SVG file. */
export function plotSoak(plan: SoakPlan, samples: readonly Sample[], events: readonly TimelineEvent[]): string {
  const { minutes, clients, rate, keys, size, checkpointEvery, logTail } = plan;
  const pace = rate === null ? "one write under way each" : `${rate} writes/s together`;
  const chart: Chart = {
    title: "Four replicas under steady load",
    subtitle: `${clients} clients, ${pace}, ${keys} keys of ${size} B, ` +
      `checkpoint every ${checkpointEvery} entries, ${logTail} kept below it`,
    axis: timeAxis(Math.max(60 * minutes, samples.at(-1)?.seconds ?? 0)),
    panels: [...replicaPanels(samples), throughput(samples)],
    events,
  };
  return drawChart(chart);
}

function replicaPanels(samples: readonly Sample[]): Panel[] {
  const ids = samples[0]?.replicas.map(({ replica }) => replica) ?? [];
  return FIGURES.map(({ name, unit, pick }) => ({
    title: name in TITLES ? TITLES[name as keyof typeof TITLES] : "Entries in the log",
    unit,
    series: ids.map((id, i) => ({
      name: id,
      colour: COLOURS[i]!,
      points: samples.map((sample) => [sample.seconds, pick(sample.replicas[i]!)] as const),
    })),
  }));
}

const throughput = (samples: readonly Sample[]): Panel => ({
  title: "Throughput",
  unit: "writes/s",
  series: [{
    name: "acknowledged",
    colour: COLOURS[4],
    points: samples.slice(1).map(({ seconds, load }) => [seconds, load.writesPerSecond] as const),
  }],
});
