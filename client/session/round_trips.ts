/** Estimate of how long answers take, from those that came, in the way of RFC 6298: smoothed, with room for their spread. */

/** All times in milliseconds; nothing is known before the first answer. */
export interface RoundTrips {
  smoothedMs: number | null;
  variationMs: number;
}

const SMOOTHING = 1 / 8;
const VARIATION_SMOOTHING = 1 / 4;
const VARIATIONS = 4;

export const createRoundTrips = (): RoundTrips => ({ smoothedMs: null, variationMs: 0 });

/** Takes in that an answer came `ms` after its request was first sent. Repeats count with their whole time: too long a wait costs least. */
export function noteRoundTrip(trips: RoundTrips, ms: number): void {
  if (trips.smoothedMs === null) {
    trips.smoothedMs = ms;
    trips.variationMs = ms / 2;
    return;
  }
  trips.variationMs += VARIATION_SMOOTHING * (Math.abs(trips.smoothedMs - ms) - trips.variationMs);
  trips.smoothedMs += SMOOTHING * (ms - trips.smoothedMs);
}

/** Returns the time after which an answer is late; 0 before any came. */
export const lateAfterMs = ({ smoothedMs, variationMs }: RoundTrips): number =>
  smoothedMs === null ? 0 : smoothedMs + VARIATIONS * variationMs;
