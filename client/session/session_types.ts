/** Inputs and outputs of a client session. The session itself is in `session.ts`. */
import type { Outcome } from "../../protocol/message.ts";
import type { BackoffPolicy } from "./backoff.ts";
import type { InterventionPolicy } from "./intervention.ts";

/** Constants of one session. Times are in milliseconds on the clock whose readings are handed in as `now`. */
export interface SessionConfig {
  /**
   * First seq and floor of this run of the client: its wall clock in microseconds, so that a later run with the same key starts
   * above every seq of the earlier ones.
   */
  readonly start: number;
  /** W of the roster: seqs in a session window (§7.1). At most half of it is used at a time. */
  readonly window: number;
  /** Maximum number of requests waiting for room in the window; further ones are refused. */
  readonly maxQueued: number;
  /** Repeats of `SendRequest`, before intervention. */
  readonly retry: BackoffPolicy;
  readonly intervention: InterventionPolicy;
  /** f + 1, for leader hints. */
  readonly weak: number;
  /** Seed of the jitter. */
  readonly seed: number;
}

/** A request to be carried out; `ticket` is the caller's name for it, never used twice. */
export interface Submission {
  readonly ticket: number;
  /** Time at which the caller stops waiting. */
  readonly deadlineAt: number;
  /** True if executing the command twice is as good as once (reads are): then it may be issued again under a new seq. */
  readonly repeatable: boolean;
}

/** The answer about one seq that enough replicas gave alike. */
export interface AcceptedAnswer {
  readonly seq: number;
  readonly outcome: Outcome;
  /** Low edge of the window in the replicas' session table. */
  readonly floor: number;
}

/** Reason a request ended without an applied result. */
export type FailureReason =
  /** The deadline passed. It is unknown whether the request was or will be executed, unless it was never sent. */
  | { readonly reason: "no-quorum"; readonly sent: boolean; readonly interventions: number }
  /** Another session of this client key moved the window past it (or the clock went backwards). */
  | { readonly reason: "fenced"; readonly floor: number; readonly sent: boolean }
  /** Replicas found the seq above the window. Cannot happen with one session per key and an honest table. */
  | { readonly reason: "ahead"; readonly floor: number }
  /** Too many requests were waiting. It was never sent. */
  | { readonly reason: "queue-full"; readonly maxQueued: number }
  /** The caller cancelled it. */
  | { readonly reason: "cancelled" };

/** An action for the shell; effects are carried out in order. */
export type SessionEffect =
  /** Sign the request once and keep the bytes until it settles or is signed anew under another seq. */
  | { readonly effect: "sign"; readonly ticket: number; readonly seq: number; readonly floor: number }
  | {
    readonly effect: "send";
    readonly send: "one";
    readonly replica: string;
    readonly kind: "SendRequest";
    readonly seq: number;
  }
  | {
    readonly effect: "send";
    readonly send: "all";
    readonly kind: "SendRequest" | "UpdateLeader";
    readonly seq: number;
  }
  /** The request is applied; its bytes and tally can go. */
  | { readonly effect: "applied"; readonly ticket: number; readonly seq: number }
  /** The request failed; `seq` is null if it never had one. */
  | {
    readonly effect: "failed";
    readonly ticket: number;
    readonly seq: number | null;
    readonly failure: FailureReason;
  }
  /** The seq is given up, its request continues under another one: a `sign` for the same ticket follows. */
  | { readonly effect: "renumbered"; readonly ticket: number; readonly seq: number };
