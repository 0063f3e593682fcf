/** Spreads clients over processes and keys, and sizes the roster's session window so that it holds nobody up. */
import { DEFAULT_CONSTANTS } from "../../crypto/roster/constants.ts";

/** Largest session window of a roster. */
const MAX_WINDOW = 4096;
/**
 * A key uses half of its window at most, counted from its oldest write that is not answered. So a window four times as large as what is under
 * way lets one write take as long as two others before it holds up the rest.
 */
const WINDOW_FACTOR = 4;
export const MAX_WRITERS_PER_KEY = MAX_WINDOW / WINDOW_FACTOR;

/** Returns `parts` whole numbers that sum up to `total` and differ by one at most, the larger ones first. */
export const spread = (total: number, parts: number): number[] =>
  Array.from({ length: parts }, (_, i) => Math.ceil((total - i) / parts));

/** Load to be spread: numbers of clients, writes that each has under way, processes, and keys of each of these. */
export interface Load {
  readonly clients: readonly number[];
  readonly outstanding: number;
  readonly processes: number;
  readonly keys: number;
}

/** Returns the most writes that one key has under way. */
export const writersPerKey = ({ clients, outstanding, processes, keys }: Load): number => {
  const [inProcess] = spread(Math.max(...clients) * outstanding, processes);
  return spread(inProcess!, keys)[0]!;
};

/** Returns the session window for a roster: the default one, or a larger one where more writes are under way. */
export const windowFor = (load: Load): number =>
  Math.max(DEFAULT_CONSTANTS.sessionWindow, WINDOW_FACTOR * writersPerKey(load));
