/** A leader that is just quick enough for every timer: it orders whatever has come once in two and a half election timeouts (§14.8). */
import type { Millis } from "../../protocol/ids.ts";
import type { Adversary, Victim } from "./adversary.ts";
import { lateOrders } from "./late_orders.ts";

/** Election timeouts from one turn to the next: below what patience and an intervention take together. */
const TIMEOUTS = 2.5;

/** Makes the adversary described above. */
export function slow(victim: Victim): Adversary {
  const everyMs: Millis = TIMEOUTS * victim.config.constants.electionTimeoutMs;
  let next: Millis = 0;
  return lateOrders(victim, (_, now) => {
    if (now >= next) next = now + everyMs;
    return next;
  });
}
