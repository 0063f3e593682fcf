/** Counts of what became of a client's requests, for metrics: a few additions each. */
import { Histogram, SECONDS } from "../../metrics/mod.ts";
import type { FailureReason } from "../session/session.ts";

/** Ends that a command or ordered query can come to. `closed`: the client was closed, or left the roster, with it under way. */
export type RequestEnd = "answered" | FailureReason["reason"] | "closed";

/** Counts so far; they only increase. */
export interface RequestReport {
  /** Commands and ordered queries, by how they ended. */
  readonly ended: Readonly<Record<RequestEnd, number>>;
  /** Times of those that were answered, from the call on, in seconds. */
  readonly seconds: Histogram;
  /** Requests sent for the first time, again, and to all replicas since they were not answered (§7.3). One holds up to 64 commands. */
  readonly sent: Readonly<Record<"first" | "again" | "intervention", number>>;
}

export class RequestCounts implements RequestReport {
  readonly ended: Record<RequestEnd, number> = {
    ...{ answered: 0, "no-quorum": 0, busy: 0, undecided: 0, ahead: 0, conflict: 0 },
    ...{ "queue-full": 0, cancelled: 0, closed: 0 },
  };
  readonly seconds: Histogram = new Histogram(SECONDS);
  readonly sent: Record<"first" | "again" | "intervention", number> = { first: 0, again: 0, intervention: 0 };

  /** Counts one that came to `end` after `tookMs`. */
  end(end: RequestEnd, tookMs: number): void {
    this.ended[end]++;
    if (end === "answered") this.seconds.observe(tookMs / 1000);
  }
}
