import type { TransportCounters } from "../port.ts";
import type { SocketCounters } from "./socket/link.ts";

/** Returns the port's counters over all sockets, as they are whenever they are read. `droppedLate` is added to what was dropped. */
export function sumCounters(
  sockets: readonly { readonly counters: SocketCounters }[],
  droppedLate: () => number,
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
  };
}
