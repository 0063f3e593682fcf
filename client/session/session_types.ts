/** Inputs and outputs of a client session. The session itself is in `session.ts`. */
import type { Outcome } from "../../protocol/message.ts";
import type { BackoffPolicy } from "./backoff.ts";
import type { InterventionPolicy } from "./intervention.ts";

/** Constants of one client. Times are in milliseconds on the clock whose readings are handed in as `now`. */
export interface SessionConfig {
  /** W of the roster: seqs in a session window (§7.1). At most half of it is used at a time. */
  readonly window: number;
  /** Maximum number of requests waiting for room in the window; further ones are refused. */
  readonly maxQueued: number;
  /** Maximum number of commands under one signature, 1 to `LIMITS.maxGroup` (§7.1f). */
  readonly maxGroup: number;
  /** Repeats of a request, before intervention. */
  readonly retry: BackoffPolicy;
  readonly intervention: InterventionPolicy;
  /** Time after which the lowest seq under way is shown to all replicas, one in twice that: half of the pace expected of leaders (§14.7a); 0 for never. */
  readonly showAfterMs: number;
  /** f + 1, for leader hints and for the base of a register. */
  readonly weak: number;
  /** Seed of the jitter. */
  readonly seed: number;
}

/** The constants that go by the roster in force. */
export type EpochChanges = Pick<SessionConfig, "window" | "weak" | "showAfterMs" | "retry" | "intervention">;

/** A command to be carried out; `ticket` is the caller's name for it, never used twice. */
export interface Submission {
  readonly ticket: number;
  /** Time at which the caller stops waiting. */
  readonly deadlineAt: number;
  /** Bytes it takes in a group. */
  readonly size: number;
  /** True if executing the command twice is as good as once (reads are): then it may be issued again under a new seq. */
  readonly repeatable: boolean;
}

/** The answer about one seq that enough replicas gave alike. */
export interface AcceptedAnswer {
  /** Number of the request, from `sign` or `register`. */
  readonly request: number;
  readonly outcome: Outcome;
  /** Of commands that were applied: how many of the group, from the first on, were executed (§7.1f). */
  readonly executed: number;
  /** Of a register that was applied: the session's id. */
  readonly index: number;
}

/** Reason a request ended without an applied result. */
export type FailureReason =
  /** The deadline passed. It is unknown whether the request was or will be executed, unless it was never sent. */
  | { readonly reason: "no-quorum"; readonly sent: boolean; readonly interventions: number }
  /** The deadline passed, and the cluster had more to do than it can: the leader turned the request away, or it was never sent. */
  | { readonly reason: "busy"; readonly sent: boolean }
  /** Its session is gone, and with it what it was answered (§7.1e). It is not issued again. */
  | { readonly reason: "undecided" }
  /** The replicas found the seq above the window, or taken by another command. Cannot happen while nobody else uses the session. */
  | { readonly reason: "ahead" | "conflict" }
  /** Too many requests were waiting. It was never sent. */
  | { readonly reason: "queue-full"; readonly maxQueued: number }
  /** The caller cancelled it. */
  | { readonly reason: "cancelled" };

/** An action for the shell; effects are carried out in order. */
export type SessionEffect =
  /** Sign a command, or several as a group, once, and keep the bytes until the number ends. */
  | {
    readonly effect: "sign";
    readonly request: number;
    readonly tickets: readonly number[];
    readonly session: number;
    readonly seq: number;
    readonly floor: number;
  }
  /** Sign a register with a nonce of its own, likewise. */
  | { readonly effect: "register"; readonly request: number; readonly base: number }
  | { readonly effect: "send"; readonly request: number; readonly to: string | "all"; readonly intervention: boolean }
  /** The number is settled or given up; its bytes and tally can go. */
  | { readonly effect: "done"; readonly request: number }
  /** The command, `part` of its group, is applied. */
  | { readonly effect: "applied"; readonly ticket: number; readonly request: number; readonly part: number }
  /** The command failed; `request` is null if it was never sent. */
  | {
    readonly effect: "failed";
    readonly ticket: number;
    readonly request: number | null;
    readonly failure: FailureReason;
  }
  /** The command goes on under another number: a `sign` for the same ticket follows. */
  | { readonly effect: "reissued"; readonly ticket: number; readonly request: number };
