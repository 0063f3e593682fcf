/** One observer made of several, asked in order. */
import type { Observer } from "./observer.ts";

type Method = keyof Observer;

const METHODS: readonly Method[] = [
  "started",
  "crashed",
  "wiped",
  "restored",
  "persisted",
  "sent",
  "executed",
  "applied",
  "replied",
  "event",
  "failed",
  "requested",
  "accepted",
];

/** Has only the methods that any of `observers` has. */
export function fanOut(observers: readonly Observer[]): Observer {
  const all: Record<string, unknown> = {};
  for (const method of METHODS) {
    const concerned = observers.filter((observer) => observer[method] !== undefined);
    if (concerned.length === 0) continue;
    all[method] = (...args: unknown[]) => {
      for (const observer of concerned) (observer[method] as (...args: unknown[]) => void)(...args);
    };
  }
  return all;
}

/** What a faulty replica shows: its disk, and its packets, which the simulation itself reports. */
export const onlyDisk = ({ persisted }: Observer): Observer => persisted ? { persisted } : {};
