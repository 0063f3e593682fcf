/** Work that is shown while it takes its time. */
import type { Progress } from "../../tasks/support/progress.ts";

const SECOND_MS = 1000;

/** Shows the seconds that `work` has taken, and how many it will take if that is known. */
export type Show = <T>(what: string, seconds: number | null, work: Promise<T>) => Promise<T>;

export const sleep = (seconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, seconds * SECOND_MS));

/** Shows the seconds that `work` has taken until it is done, and how many it will take if that is known. */
export async function whileShown<T>(
  progress: Progress,
  what: string,
  seconds: number | null,
  work: Promise<T>,
): Promise<T> {
  const started = performance.now();
  const all = seconds === null ? "" : ` of ${seconds}`;
  const show = () => progress.show(() => `${what}: ${((performance.now() - started) / SECOND_MS).toFixed(0)}${all} s`);
  show();
  const timer = setInterval(show, SECOND_MS);
  try {
    return await work;
  } finally {
    clearInterval(timer);
    progress.clear();
  }
}

/** Returns a way to show work as part of `where`, which fails as soon as `interrupted` does. */
export const showWith =
  (progress: Progress, where: string, interrupted: Promise<never>): Show => (what, seconds, work) =>
    whileShown(progress, `${where}, ${what}`, seconds, Promise.race([work, interrupted]));
