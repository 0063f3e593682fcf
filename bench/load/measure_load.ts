/** One measurement: writers, warm-up, and samples at both ends of the time that counts. */
import type { BenchPlan } from "../cluster/plan.ts";
import { type Show, sleep } from "../cluster/shown.ts";
import type { LoadGroup, Measured } from "./load_group.ts";

export interface MeasuredBetween<S> {
  readonly load: Measured;
  readonly before: S;
  readonly after: S;
}

/** Returns how many clients there are, in words. */
export const nameOf = (clients: number): string => `${clients} ${clients === 1 ? "client" : "clients"}`;

/** Has `clients` write through `group` without measuring anything. */
export async function warmUp(
  group: LoadGroup,
  clients: number,
  { outstanding, size, readPercent, warmUpSeconds }: BenchPlan,
  show: Show,
): Promise<void> {
  await group.start(clients * outstanding, size, readPercent);
  await show("warming up", warmUpSeconds, sleep(warmUpSeconds));
  await group.stop();
}

/** Has `clients` write through `group` and takes a sample of the system at the beginning and at the end. */
export async function measureLoad<S>(
  group: LoadGroup,
  clients: number,
  { outstanding, size, readPercent, warmUpSeconds, seconds }: BenchPlan,
  show: Show,
  sample: () => Promise<S>,
): Promise<MeasuredBetween<S>> {
  const what = nameOf(clients);
  await group.start(clients * outstanding, size, readPercent);
  await show(`${what} warming up`, warmUpSeconds, sleep(warmUpSeconds));
  const before = await sample();
  await group.measure();
  await show(what, seconds, sleep(seconds));
  const after = await sample();
  return { load: await group.stop(), before, after };
}
