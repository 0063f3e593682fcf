/** Metrics: a name, its words, and how its values are read when somebody asks. */
import type { Histogram } from "./histogram.ts";

/** Labels of a value. Their values are codes of the program or ids of the roster, so that there are few of them. */
export type Labels = Readonly<Record<string, string>>;

/** A value and its labels. */
export type Sample = readonly [labels: Labels, value: number];

interface Named {
  /** By Prometheus' conventions: with its unit, and `_total` at the end of a counter. */
  readonly name: string;
  /** One sentence that says what it counts. */
  readonly help: string;
  /** Names of its labels, none by default. */
  readonly labels?: readonly string[];
}

/** A number that only rises, or one that goes up and down. */
export interface NumberMetric<Source> extends Named {
  readonly type: "counter" | "gauge";
  /** Returns its value, or its values by label; null where it has none now. */
  read(source: Source): number | readonly Sample[] | null;
}

/** A distribution. */
export interface HistogramMetric<Source> extends Named {
  readonly type: "histogram";
  /** Returns it, or one for each labels; nothing is changed. */
  read(source: Source): Histogram | readonly (readonly [labels: Labels, histogram: Histogram])[];
}

/** A metric of whatever `Source` stands for. */
export type Metric<Source> = NumberMetric<Source> | HistogramMetric<Source>;

/** Returns counts by code as samples. */
export const byCode = (label: string, counts: Readonly<Record<string, number>>): Sample[] =>
  Object.entries(counts).map(([code, count]) => [{ [label]: code }, count]);
