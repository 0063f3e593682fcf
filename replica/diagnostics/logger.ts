/** Structured log: one JSON line for each event. */
import { createLineWriter } from "./line_writer.ts";

export const LOG_LEVELS = ["error", "warn", "info", "debug"] as const;
/** The level of a line, from the most urgent to the least: `error`, `warn`, `info`, `debug`. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** The fields of a line besides its event. Never a secret, and nothing whose length a stranger chooses. */
export type LogFields = Readonly<Record<string, string | number | boolean | null>>;

/** A structured log. */
export interface Logger {
  /** Writes a line if `level` is at or above the logger's. */
  log(level: LogLevel, event: string, fields?: LogFields): void;
  /** Number of lines that could not be written so far; absent in a log that loses none. */
  readonly lost?: number;
}

/**
 * Returns a logger of `replica` that passes lines of `level` and above to `write`, each without a line end; by default to stderr, where a
 * line that cannot be written is counted and nothing is thrown.
 */
export function createLogger(replica: string, level: LogLevel, write?: (line: string) => void): Logger {
  const most = LOG_LEVELS.indexOf(level);
  const stderr = createLineWriter(Deno.stderr, (lines) => logLine(replica, "warn", "log-lines-lost", { lines }));
  const put = write ?? ((line: string) => stderr.write(line));
  return {
    log(at, event, fields = {}) {
      if (LOG_LEVELS.indexOf(at) <= most) put(logLine(replica, at, event, fields));
    },
    get lost() {
      return stderr.lost;
    },
  };
}

/** Returns one event as a line, without the line end. */
export function logLine(replica: string, level: LogLevel, event: string, fields: LogFields): string {
  return JSON.stringify({ time: new Date().toISOString(), level, replica, event, ...fields });
}

/** A logger that writes nothing, for embedding and tests. */
export const SILENT: Logger = { log: () => {} };
