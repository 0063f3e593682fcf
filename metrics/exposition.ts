/** Metrics as Prometheus reads them, by prom-client. */
import { type Metric as PromMetric, Registry } from "prom-client";
import type { Histogram } from "./histogram.ts";
import type { HistogramMetric, Labels, Metric, NumberMetric } from "./metric.ts";

/** Media type of what {@linkcode Exposition.text} returns. */
export const CONTENT_TYPE = Registry.PROMETHEUS_CONTENT_TYPE;

/** Metrics to be scraped. */
export interface Exposition {
  /** Resolves to the text of all metrics, as their values are now. */
  text(): Promise<string>;
}

/** Values as prom-client takes them of a metric that it is handed. */
interface PromValue {
  readonly value: number;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly metricName?: string;
}

/** Time for which a text is handed out again, whoever asks and how often, in milliseconds. */
export const REUSED_MS = 500;

/**
 * Returns the exposition of `metrics`, which are read from what `source` returns, at most once in {@linkcode REUSED_MS} by the clock `now`. Throws if two have one
 * name, or one is no name of Prometheus'.
 */
export function createExposition<Source>(
  metrics: readonly Metric<Source>[],
  source: () => Source,
  now: () => number,
): Exposition {
  const registry = new Registry();
  let read = source();
  for (const metric of metrics) registry.registerMetric(adapt(metric, () => read) as unknown as PromMetric);
  let made: { readonly at: number; readonly text: Promise<string> } | null = null;
  return {
    text() {
      if (made === null || now() - made.at >= REUSED_MS) {
        // Once for all of them, so that what one scrape says fits together.
        read = source();
        made = { at: now(), text: registry.metrics() };
      }
      return made.text;
    },
  };
}

/** Returns what prom-client asks of a metric: its words, and its values when it wants them. */
function adapt<Source>(metric: Metric<Source>, source: () => Source) {
  const { name, help, type } = metric;
  const values = metric.type === "histogram"
    ? () => histogramValues(metric, source())
    : () => numberValues(metric, source());
  return { name, get: () => Promise.resolve({ name, help, type, values: values(), aggregator: "sum" }) };
}

function numberValues<Source>({ read }: NumberMetric<Source>, source: Source): PromValue[] {
  const values = read(source);
  if (values === null) return [];
  if (typeof values === "number") return [{ value: values, labels: {} }];
  return values.map(([labels, value]) => ({ value, labels }));
}

function histogramValues<Source>({ name, read }: HistogramMetric<Source>, source: Source): PromValue[] {
  const histograms = read(source);
  const all = Array.isArray(histograms) ? histograms : [[{}, histograms]] as const;
  return all.flatMap(([labels, histogram]) => valuesOf(name, labels, histogram));
}

function valuesOf(name: string, labels: Labels, histogram: Histogram): PromValue[] {
  const counts = histogram.cumulative();
  const buckets = counts.map((value, i) => ({
    value,
    labels: { ...labels, le: histogram.bounds[i] ?? "+Inf" },
    metricName: `${name}_bucket`,
  }));
  return [
    ...buckets,
    { value: histogram.sum, labels, metricName: `${name}_sum` },
    { value: counts.at(-1)!, labels, metricName: `${name}_count` },
  ];
}
