/** The error that tells a caller why its request ended without a result. */
import type { ClientId } from "../../protocol/ids.ts";
import { NoQuorumError, type QuorumProgress, RefusedError, UndecidedError } from "../errors.ts";
import type { FailureReason } from "../session/session.ts";

/** The facts about a failed request that its error names. */
export interface FailedRequest {
  readonly client: ClientId;
  readonly progress: QuorumProgress;
  /** Reason of the caller's own signal, if it cancelled the call. */
  readonly abortReason: unknown;
}

/** Returns the error, or the signal's reason, to reject the call with. */
export function errorOf(failure: FailureReason, { client, progress, abortReason }: FailedRequest): unknown {
  switch (failure.reason) {
    case "no-quorum":
      return new NoQuorumError("request", progress, failure.sent);
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
