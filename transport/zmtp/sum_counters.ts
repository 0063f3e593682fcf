import type { TransportCounters } from "../port.ts";
import type { SocketCounters } from "./socket/link.ts";

/**
 * Returns the port's counters over all sockets, as they are whenever they are read. `droppedLate` is added to what was dropped; `ends` counts
 * connections by the cause of their end.
 */
export function sumCounters(
  sockets: readonly { readonly counters: SocketCounters }[],
  droppedLate: () => number,
  ends: ReadonlyMap<string, number>,
): Readonly<TransportCounters> {
  const sum = (of: (counters: SocketCounters) => number) =>
    sockets.reduce((total, { counters }) => total + of(counters), 0);
  return {
    get received() {
      return sum(({ received }) => received);
    },
    get sent() {
      return sum(({ sent }) => sent);
    },
    get dropped() {
      return sum(({ full, unreachable }) => full + unreachable) + droppedLate();
    },
    get refused() {
      return sum(({ refused }) => refused);
    },
    get ended() {
      return Object.fromEntries([...ends].sort(([a], [b]) => a < b ? -1 : 1));
    },
  };
}
