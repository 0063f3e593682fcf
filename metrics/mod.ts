/** Metrics: counting, their definitions, and traces. What Prometheus reads is in `exposition.ts`, which loads a library for it. */
export { COUNTS, Histogram, SECONDS } from "./histogram.ts";
export { byCode, type HistogramMetric, type Labels, type Metric, type NumberMetric, type Sample } from "./metric.ts";
export { openTracing, type RequestSpan, type Tracing } from "./tracing.ts";
