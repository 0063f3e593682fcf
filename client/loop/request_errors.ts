/** The error that tells a caller why its request ended without a result. */
import type { ClientId } from "../../protocol/ids.ts";
import { LIMITS } from "../../protocol/limits.ts";
import { BusyError, NoQuorumError, type QuorumProgress, RefusedError, UndecidedError, UsageError } from "../errors.ts";
import type { FailureReason } from "../session/session.ts";
import type { Orderable } from "./in_flight.ts";

/** The facts about a failed request that its error names. */
export interface FailedRequest {
  readonly client: ClientId;
  readonly mode: Orderable["mode"];
  readonly progress: QuorumProgress;
  /** Reason of the caller's own signal, if it cancelled the call. */
  readonly abortReason: unknown;
}

/** Returns the error, or the signal's reason, to reject the call with. */
export function errorOf(failure: FailureReason, { client, mode, progress, abortReason }: FailedRequest): unknown {
  switch (failure.reason) {
    case "no-quorum":
      // A query changes nothing: there is nothing about it to be unsure of.
      return mode === "query"
        ? new NoQuorumError("query", progress, false)
        : new NoQuorumError("request", progress, failure.sent);
    case "busy":
      return new BusyError(mode === "query" ? "query" : "request", progress.waitedMs, failure.sent && mode !== "query");
    case "undecided":
      return new UndecidedError(client);
    case "ahead":
      return new RefusedError("ahead", "the replicas found the request above its session's window");
    case "conflict":
      return new RefusedError(
        "conflict",
        "another command was executed under this one's number, which was not executed: its session was used by somebody else",
      );
    case "queue-full":
      return new RefusedError(
        "queue-full",
        `${failure.maxQueued} requests wait already; wanted fewer before another one`,
      );
    case "cancelled":
      return abortReason;
  }
}

/** Returns the error of a call that is wrong by itself: a command or query too long to be sent, or a time that is none. Null if it is right. */
export function callError({ mode, command }: Orderable, timeoutMs: number): UsageError | null {
  if (command.length > LIMITS.maxCommandBytes) {
    return new UsageError(
      `${
        mode === "roster" ? "change of the roster" : mode
      } was given ${command.length} bytes; wanted at most ${LIMITS.maxCommandBytes}`,
    );
  }
  return timeoutMs > 0 ? null : new UsageError(`timeoutMs was given ${timeoutMs}; wanted a number above 0`);
}
