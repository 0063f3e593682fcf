import type { FailureReason, SessionEffect } from "./session_types.ts";

/** Returns the effect of a command that ended without a result; `request` is null where it was never sent. */
export const failed = (ticket: number, request: number | null, failure: FailureReason): SessionEffect => ({
  effect: "failed",
  ticket,
  request,
  failure,
});
