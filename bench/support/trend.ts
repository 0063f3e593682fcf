/** Measures whether a figure grows: fits a straight line to its samples and relates it to their mean. */

/** One sample: seconds since the start, and the value. */
export type Point = readonly [seconds: number, value: number];

export interface Trend {
  readonly samples: number;
  readonly mean: number;
  /** Slope of the least-squares line, in units per hour. */
  readonly slopePerHour: number;
  /** Growth along that line over the time span of the samples, as a share of the mean: 0.01 is one per cent. */
  readonly growth: number;
}

/** Returns the trend of `points`, or null if they do not lie at two or more different times. */
export function trendOf(points: readonly Point[]): Trend | null {
  const samples = points.length;
  if (samples < 2) return null;
  const meanAt = points.reduce((sum, [at]) => sum + at, 0) / samples;
  const mean = points.reduce((sum, [, value]) => sum + value, 0) / samples;
  const spread = points.reduce((sum, [at]) => sum + (at - meanAt) ** 2, 0);
  if (spread === 0) return null;
  const slope = points.reduce((sum, [at, value]) => sum + (at - meanAt) * (value - mean), 0) / spread;
  const seconds = points.at(-1)![0] - points[0]![0];
  return { samples, mean, slopePerHour: slope * 3600, growth: mean === 0 ? 0 : slope * seconds / mean };
}
