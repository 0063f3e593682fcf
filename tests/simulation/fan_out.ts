/** Combines several observers into one that calls them in order. */
import type { Observer } from "./observer.ts";

type Method = keyof Observer;

/** Every method there is: one that were left out would never be heard. */
const METHODS: Readonly<Record<Method, true>> = {
  started: true,
  crashed: true,
  wiped: true,
  restored: true,
  persisted: true,
  sent: true,
  executed: true,
  queried: true,
  timed: true,
  leased: true,
  applied: true,
  replied: true,
  event: true,
  failed: true,
  requested: true,
  invoked: true,
  accepted: true,
  read: true,
};

/** Returns an observer with only the methods that any of `observers` has. */
export function fanOut(observers: readonly Observer[]): Observer {
  const all: Record<string, unknown> = {};
  for (const method of Object.keys(METHODS) as Method[]) {
    const concerned = observers.filter((observer) => observer[method] !== undefined);
    if (concerned.length === 0) continue;
    all[method] = (...args: unknown[]) => {
      for (const observer of concerned) (observer[method] as (...args: unknown[]) => void)(...args);
    };
  }
  return all;
}

/** Returns an observer of what a faulty replica shows: its disk; its packets are reported by the simulation itself. */
export const onlyDisk = ({ persisted }: Observer): Observer => persisted ? { persisted } : {};
