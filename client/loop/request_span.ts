/** The span of a call in the trace of the request that carried it. */
import type { RequestSpan } from "../../metrics/mod.ts";
import type { InFlight, Orderable } from "./in_flight.ts";
import type { RequestEnd } from "./request_counts.ts";

/** A call that is over. */
export interface EndedCall {
  readonly client: string;
  readonly pending: { readonly operation: Orderable; readonly startedAt: number };
  readonly until: number;
  readonly end: RequestEnd;
  /** Index of the entry that holds it, where it was answered. */
  readonly index: number | undefined;
}

/** Returns the span of a call that went with `inFlight`. */
export function spanOf({ frames, place }: InFlight, { client, pending, until, end, index }: EndedCall): RequestSpan {
  return {
    name: pending.operation.mode,
    request: frames.digest,
    from: pending.startedAt,
    until,
    attributes: {
      ...{ "bft_raft.client": client, "bft_raft.outcome": end },
      ...(place === null ? {} : { "bft_raft.session": place.session, "bft_raft.seq": place.seq }),
      ...(index === undefined ? {} : { "bft_raft.index": index }),
    },
    ...(end === "answered" ? {} : { failure: end }),
  };
}
