/** Exit codes, the same for every task of the project, and the error each stands for. */
import { ConfigError } from "../../../crypto/config_error.ts";
import { TransportError } from "../../../transport/mod.ts";
import {
  BusyError,
  InvalidBackupError,
  NoQuorumError,
  NoSourceError,
  NotListedError,
  RefusedError,
  RestoreError,
  RevisionGoneError,
  UndecidedError,
  UsageError,
} from "../../errors.ts";

export const EXIT = {
  done: 0,
  /** Refused or failed: an absent key, a cas that did not match, a replica that said no. */
  failed: 1,
  /** Wrong usage or configuration. */
  usage: 2,
  /** No quorum in time. */
  noQuorum: 3,
  /** The cluster is overloaded. */
  busy: 4,
} as const;
export type ExitCode = typeof EXIT[keyof typeof EXIT];

/** An error as a user sees it. */
export interface Failure {
  readonly exitCode: ExitCode;
  /** Stable word for scripts. */
  readonly code: string;
  readonly message: string;
}

/** Returns `error` as reported to the caller of the command. */
export function failureOf(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof UsageError) return { exitCode: EXIT.usage, code: "usage", message };
  if (error instanceof ConfigError || error instanceof TransportError) {
    return { exitCode: EXIT.usage, code: "configuration", message };
  }
  if (error instanceof RestoreError) return { ...failureOf(error.cause), message };
  if (error instanceof InvalidBackupError) {
    const usage: readonly string[] = ["another-cluster", "another-epoch", "unknown-version"];
    const exitCode = usage.includes(error.code) ? EXIT.usage : EXIT.failed;
    return { exitCode, code: error.code, message };
  }
  if (error instanceof NoSourceError) return { exitCode: EXIT.noQuorum, code: "no-source", message };
  if (error instanceof NoQuorumError) return { exitCode: EXIT.noQuorum, code: "no-quorum", message };
  if (error instanceof BusyError) return { exitCode: EXIT.busy, code: "busy", message };
  if (error instanceof RefusedError) return { exitCode: EXIT.failed, code: error.code, message };
  if (error instanceof RevisionGoneError) return { exitCode: EXIT.failed, code: "revision-gone", message };
  if (error instanceof NotListedError) return { exitCode: EXIT.failed, code: "not-listed", message };
  if (error instanceof UndecidedError) return { exitCode: EXIT.failed, code: "undecided", message };
  return { exitCode: EXIT.failed, code: "failed", message };
}
