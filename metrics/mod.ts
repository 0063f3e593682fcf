/** Metrics: counting, and what Prometheus reads. */
export { CONTENT_TYPE, createExposition, type Exposition, REUSED_MS } from "./exposition.ts";
export { COUNTS, Histogram, SECONDS } from "./histogram.ts";
export { byCode, type HistogramMetric, type Labels, type Metric, type NumberMetric, type Sample } from "./metric.ts";
