/** Structured log: one JSON line an event. */

export const LOG_LEVELS = ["error", "warn", "info", "debug"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What a line may say beside its event. Never a secret, and nothing a stranger chooses the length of. */
export type LogFields = Readonly<Record<string, string | number | boolean | null>>;

export interface Logger {
  /** Writes a line if `level` is at or above the logger's. */
  log(level: LogLevel, event: string, fields?: LogFields): void;
}

/** A log of `replica` that writes lines of `level` and above with `write`. */
export function createLogger(replica: string, level: LogLevel, write: (line: string) => void = writeToStderr): Logger {
  const most = LOG_LEVELS.indexOf(level);
  return {
    log(at, event, fields = {}) {
      if (LOG_LEVELS.indexOf(at) <= most) write(logLine(replica, at, event, fields));
    },
  };
}

/** One event as a line, without the line's end. */
export function logLine(replica: string, level: LogLevel, event: string, fields: LogFields): string {
  return JSON.stringify({ time: new Date().toISOString(), level, replica, event, ...fields });
}

/** A logger for embedding and tests that want none. */
export const SILENT: Logger = { log: () => {} };

function writeToStderr(line: string): void {
  const bytes = new TextEncoder().encode(line + "\n");
  for (let at = 0; at < bytes.length;) at += Deno.stderr.writeSync(bytes.subarray(at));
}
