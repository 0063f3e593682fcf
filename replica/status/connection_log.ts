/** Log lines on connections that ended for what the other side did, paced like all events that others bring about. */
import type { ConnectionEnd } from "../../transport/port.ts";
import type { Logger } from "../diagnostics/logger.ts";
import { pacedLogger } from "./paced_logger.ts";

/** Ends that are nobody's fault: of processes that come and go, and of networks. */
const ROUTINE: ReadonlySet<string> = new Set(["closed", "ended", "network", "silent"]);

/** Whoever only looks whether somebody listens, as health checks do, ends like one who floods: the count tells them apart. */
const UNFINISHED = "unfinished";

/** Returns what to tell of each connection's end: who was at the other side, as far as it is known, and what ended it. */
export function connectionLog(log: Logger, now: () => number): (end: ConnectionEnd) => void {
  const paced = pacedLogger(log, now);
  return ({ direction, address, peer, cause: { code, detail } }) => {
    // The pace is each peer's own: strangers who are refused do not hide what a member does.
    const fields = { direction, address, peer: peer ?? "unknown", cause: code, detail };
    if (ROUTINE.has(code)) log.log("debug", "connection-ended", fields);
    else paced.log(code === UNFINISHED ? "info" : "warn", "connection-refused", fields);
  };
}
