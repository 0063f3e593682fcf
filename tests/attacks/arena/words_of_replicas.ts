/** Words of replicas on an attack: lines of their logs, and counters of their status. */
import type { ReplicaReport } from "../../../replica/status/status.ts";
import type { DenoProcess } from "../../../tasks/support/deno_process.ts";

/** Counts lines of warnings and errors by event. */
export class LogCount {
  readonly #events = new Map<string, number>();

  /** Counts the lines that `process` writes from now on. */
  constructor(process: DenoProcess) {
    const past = process.stderr.lines.length;
    let seen = 0;
    process.stderr.onLine((line) => {
      if (seen++ >= past) this.#add(line);
    });
  }

  /** Returns the counts so far and begins anew. */
  take(): Record<string, number> {
    const counts = Object.fromEntries(this.#events);
    this.#events.clear();
    return counts;
  }

  #add(line: string): void {
    const event = eventOf(line);
    this.#events.set(event, (this.#events.get(event) ?? 0) + 1);
  }
}

function eventOf(line: string): string {
  try {
    const { event, level } = JSON.parse(line) as { event?: string; level?: string };
    return `${level ?? "?"} ${event ?? "?"}`;
  } catch {
    return `no JSON: ${line.slice(0, 80)}`;
  }
}

/** Begins the names of counters that tell of work and not of refusals. */
export const WORK = "work ";

/** Numbers of a status: refusals by transport, ingress and core, by kind, and the work of transport and signatures. */
export function countersOf({ transport, refused, ignored, crypto }: ReplicaReport): Record<string, number> {
  const named = (prefix: string, counts: object): [string, number][] =>
    Object.entries(counts).filter(([, value]) => typeof value === "number").map((
      [name, value],
    ) => [`${prefix}${name}`, value]);
  return Object.fromEntries([
    ...named("ended ", transport.ended ?? {}),
    ...named("transport ", { dropped: transport.dropped, refused: transport.refused }),
    ...named(WORK, { received: transport.received, sent: transport.sent }),
    ...named(WORK, { verified: crypto.verified, signed: crypto.signed }),
    ...named("refused ", refused),
    ...named("ignored ", ignored),
  ]);
}

/** Returns what grew, with by how much. */
export function growth(before: Record<string, number>, after: Record<string, number>): Record<string, number> {
  const changes = Object.entries(after).map(([name, value]): [string, number] => [name, value - (before[name] ?? 0)]);
  return Object.fromEntries(changes.filter(([, by]) => by !== 0));
}
