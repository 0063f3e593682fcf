/** Events that a replica's process logs, over all its restarts. */
import type { DenoProcess } from "./deno_process.ts";

/** One line of a replica's log. */
export interface LoggedEvent {
  readonly time: string;
  readonly level: string;
  readonly replica: string;
  readonly event: string;
  readonly [field: string]: string | number | boolean | null;
}

/** Parses a line of the log; null if it is not one, as when a crash prints something. */
export function parseEvent(line: string): LoggedEvent | null {
  try {
    const value: unknown = JSON.parse(line);
    return value !== null && typeof value === "object" && "event" in value ? value as LoggedEvent : null;
  } catch {
    return null;
  }
}

/** Returns the events that `process` has logged so far, of those lines that are still kept. */
export const eventsOf = (process: DenoProcess, event?: string): LoggedEvent[] =>
  process.stderr.lines.map(parseEvent).filter((found) =>
    found !== null && (event === undefined || found.event === event)
  ) as LoggedEvent[];

/** Waits until `process` logs an `event` that `wanted` accepts. */
export async function loggedEvent(
  process: DenoProcess,
  event: string,
  timeoutMs: number,
  wanted: (found: LoggedEvent) => boolean = () => true,
): Promise<LoggedEvent> {
  const matches = (line: string) => {
    const found = parseEvent(line);
    return found?.event === event && wanted(found);
  };
  return parseEvent(await process.stderr.waitFor(`"${event}" in the log`, matches, timeoutMs))!;
}
