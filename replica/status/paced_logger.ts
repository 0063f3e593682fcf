/** A logger on which no event can flood the log, however often others bring it about. */
import type { Logger, LogLevel } from "../diagnostics/logger.ts";
import { TokenBuckets } from "../limits/token_bucket.ts";

/** Lines of one event: burst, and sustained rate a second. Of a peer's events, each peer has its own. */
export const LOG_PACE = { burst: 20, perSecond: 0.2 } as const;

/** Fields whose values tell events of one name apart; their values are ids of the roster, which bounds their number. */
const BY = "peer";

/**
 * Returns `log` with lines above level `debug` held to {@linkcode LOG_PACE}. The next line of an event of which some were left out says how
 * many, as `leftOut`.
 */
export function pacedLogger(log: Logger, now: () => number): Logger {
  const buckets = new TokenBuckets(LOG_PACE.perSecond, LOG_PACE.burst);
  const leftOut = new Map<string, number>();
  return {
    log(level: LogLevel, event, fields = {}) {
      if (level === "debug") return log.log(level, event, fields);
      const name = `${event} ${fields[BY] ?? ""}`;
      const count = leftOut.get(name) ?? 0;
      if (!buckets.spend(name, now())) return void leftOut.set(name, count + 1);
      leftOut.delete(name);
      log.log(level, event, count === 0 ? fields : { ...fields, leftOut: count });
    },
  };
}
