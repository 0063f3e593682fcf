/** Estimate of how long answers take, from those that came, in the way of RFC 6298: smoothed, with room for their spread. */

/** All times in milliseconds; nothing is known before the first answer. */
export interface RoundTrips {
  smoothedMs: number | null;
  variationMs: number;
  /** Time of the last answer that was taken in. */
  sampledAt: number;
  /** Time of the last answer. */
  answeredAt: number;
}

const SMOOTHING = 1 / 8;
const VARIATION_SMOOTHING = 1 / 4;
const VARIATIONS = 4;
/** Smoothed times after which an answer is late at the earliest: those who write together are not answered together. */
const LEAST_FACTOR = 2;

export const createRoundTrips = (): RoundTrips => ({
  ...{ smoothedMs: null, variationMs: 0, sampledAt: -Infinity, answeredAt: -Infinity },
});

/**
 * Takes in that an answer came `now` to a request that was first sent at `sentAt`; one in each round trip, since those of one round are much alike
 * and would hide how rounds differ. Repeats count with their whole time: too long a wait costs least.
 */
export function noteRoundTrip(trips: RoundTrips, sentAt: number, now: number): void {
  trips.answeredAt = now;
  if (sentAt < trips.sampledAt) return;
  const ms = now - sentAt;
  trips.sampledAt = now;
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
  smoothedMs === null ? 0 : Math.max(LEAST_FACTOR * smoothedMs, smoothedMs + VARIATIONS * variationMs);
