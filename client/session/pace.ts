/** Bound of the requests that a client has under way (§7.3n): halved when its leader is busy, and one more for each round of answers. */

export interface Pace {
  /** Requests under way at most when nobody is busy. */
  readonly most: number;
  /** Requests under way at most; not always a whole number. */
  limit: number;
  /** Time until which it is not cut again: what is turned away together is one word. */
  cutUntil: number;
}

export const createPace = (most: number): Pace => ({ most, limit: most, cutUntil: -Infinity });

/** Returns whether a leader was busy, and the client has not come back to what it may have under way. */
export const isSlowed = ({ most, limit }: Pace): boolean => limit < most;

/** Takes in that a leader is busy until `until`, with `underWay` requests under way. */
export function slowDown(pace: Pace, underWay: number, until: number, now: number): void {
  if (now < pace.cutUntil) return;
  pace.limit = Math.max(1, Math.min(pace.limit, underWay) / 2);
  pace.cutUntil = until;
}

/** Takes in that a request was answered. */
export function speedUp(pace: Pace): void {
  pace.limit = Math.min(pace.most, pace.limit + 1 / pace.limit);
}
