/** Errors that a client's calls reject with. Every class is part of the library's interface. */

/** Count of the answers to a request at its deadline. */
export interface QuorumProgress {
  /** Replicas in the roster. */
  readonly replicas: number;
  /** Replicas that gave a valid answer. */
  readonly answered: number;
  /** Size of the largest group of equal answers. */
  readonly equal: number;
  /** Equal answers needed: f+1, or Q (§7.2, §7.4). */
  readonly needed: number;
  /** Time waited, in milliseconds. */
  readonly waitedMs: number;
}

/**
 * Thrown when not enough replicas gave the same answer in time. If `undecided` is true the command was sent and may have been executed, or
 * still be: read before you repeat it.
 */
export class NoQuorumError extends Error {
  override readonly name = "NoQuorumError";
  readonly progress: QuorumProgress;
  readonly undecided: boolean;
  readonly #what: string;

  /** `diagnosis`: sentences on why, and what to do about it, if they are known. */
  constructor(what: string, progress: QuorumProgress, undecided: boolean, diagnosis: string | null = null) {
    const { replicas, answered, equal, needed, waitedMs } = progress;
    const who = answered === 0 ? "none" : `${answered}`;
    const alike = answered === 0 ? "" : `, at most ${equal} of them alike`;
    super(
      `${what}: no quorum in time: ${who} of ${replicas} replicas answered within ${Math.round(waitedMs)} ms` +
        `${alike}; wanted ${needed} equal answers${diagnosis === null ? "" : `. ${diagnosis}`}` +
        (undecided ? ". The command may have been executed or still be: read before you repeat it" : ""),
    );
    this.progress = progress;
    this.undecided = undecided;
    this.#what = what;
  }

  /** Returns this error with a diagnosis in its message. */
  diagnosed(diagnosis: string): NoQuorumError {
    return new NoQuorumError(this.#what, this.progress, this.undecided, diagnosis);
  }
}

/**
 * Thrown when the cluster had more to do than it can, for the whole time of the call: the leader said that it is busy, or the call never got its turn
 * while others were answered. If `undecided` is true the command was sent, and may have been executed or still be: read before you repeat it.
 */
export class BusyError extends Error {
  override readonly name = "BusyError";
  readonly undecided: boolean;

  constructor(what: string, waitedMs: number, undecided: boolean) {
    super(
      `${what}: the cluster is overloaded: it was busy for ${Math.round(waitedMs)} ms; send less, or try again later` +
        (undecided
          ? ". The command may have been executed or still be: read before you repeat it"
          : "; nothing was executed"),
    );
    this.undecided = undecided;
  }
}

/** Stable words for {@linkcode RefusedError}. */
export type RefusalCode =
  /** Too many requests or queries are open at this client; nothing was sent. */
  | "queue-full"
  /** The replicas found the seq above the session window. */
  | "ahead"
  /** Another command was executed under this one's number. */
  | "conflict"
  /** The state machine does not know the command. */
  | "malformed"
  /** The transaction reads what could be longer than a result may be; nothing was done. */
  | "too-large"
  /** There is no such lease of this client's: it has ended, or is another's. */
  | "no-lease"
  /** There are as many leases, or keys in the lease, as there may be. */
  | "lease-limit"
  /** The roster in force does not let this client do that; nothing was done. */
  | "denied"
  /** The cluster holds keys that a restore must not overwrite. */
  | "not-empty"
  /** The change of the roster is none that may follow the one in force. */
  | "change-refused"
  /** Too few replicas of the new roster can be reached; nothing was sent. */
  | "not-reachable"
  /** Enough replicas refused alike; the message gives their reason. */
  | "replica-refused";

/** Thrown when the cluster refused the call, or this client did before it sent anything. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
  readonly code: RefusalCode;

  constructor(code: RefusalCode, message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * Thrown where a watch asks for revisions that the cluster does not have (§7.6): they are no longer kept, and `oldest` is the first that is; or `oldest` is null, and the store never was
 * that far: the revision is from another history, as of a cluster that was restored from a backup.
 */
export class RevisionGoneError extends Error {
  override readonly name = "RevisionGoneError";
  /** First revision that was asked for. */
  readonly wanted: number;
  readonly oldest: number | null;

  constructor(wanted: number, oldest: number | null, newest?: number) {
    super(
      oldest === null
        ? `watch was given revision ${wanted} to begin with; the store is at ${newest}, so it comes from another history: list the keys anew`
        : `changes from revision ${wanted} on are no longer kept, the oldest are of ${oldest}: list the keys, and watch from there`,
    );
    this.wanted = wanted;
    this.oldest = oldest;
  }
}

/**
 * The command was sent, and what became of it can no longer be told: the cluster closed its session, as it does with the least recently
 * used one of a client key that has too many (§7.1). It may have been executed, and is not issued again.
 */
export class UndecidedError extends Error {
  override readonly name = "UndecidedError";
  readonly undecided = true;

  constructor(client: string) {
    super(
      `the session of this command is closed, as others of client key "${client}" were used since: it is not known whether it was ` +
        "executed; it will not be repeated. Read before you issue it again",
    );
  }
}

/** Thrown when the call itself is wrong: an argument out of its limits, or a key that may not do this. Nothing was sent. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/**
 * Thrown once the cluster has a roster that does not list the key of this client (§13.12): under no id of its kind, or under this id with another key. If `undecided` is true the call
 * was under way then: what it sent may have been executed, or still be.
 */
export class NotListedError extends Error {
  override readonly name = "NotListedError";
  readonly undecided: boolean;

  constructor(epoch: number, owner: string, undecided: boolean) {
    super(
      `the roster of epoch ${epoch}, which the cluster has by now, does not list the key of ${owner}; wanted a key that it lists` +
        (undecided ? ". What was under way may have been executed or still be: read before you repeat it" : ""),
    );
    this.undecided = undecided;
  }
}

/** Thrown when the client was closed, or its transport failed (see `cause`), with this call pending. */
export class ClosedError extends Error {
  override readonly name = "ClosedError";
}

/** Stable words for {@linkcode InvalidBackupError}. */
export type BackupFault =
  /** It does not begin as a backup does. */
  | "not-a-backup"
  /** A version that this program does not know. */
  | "unknown-version"
  /** The file has changed since it was written, or was never complete. */
  | "damaged"
  /** It is of a cluster other than the roster's. */
  | "another-cluster"
  /** It may be of the roster's cluster, but only the roster of another epoch could prove it. */
  | "another-epoch"
  /** It is intact, but its content is not proven by the roster's replicas. */
  | "unproven";

/** Thrown when a file is not a backup that the roster proves. */
export class InvalidBackupError extends Error {
  override readonly name = "InvalidBackupError";
  readonly code: BackupFault;
  readonly #fault: string;

  constructor(code: BackupFault, fault: string, options?: ErrorOptions & { readonly file?: string }) {
    super(`backup${options?.file === undefined ? "" : ` ${options.file}`}: ${fault}`, options);
    this.code = code;
    this.#fault = fault;
  }

  /** Returns the same error with a file's name in its message. */
  of(file: string): InvalidBackupError {
    return new InvalidBackupError(this.code, this.#fault, { cause: this, file });
  }
}

/** Thrown when no replica gave in time what a backup still lacks. The message says what is missing, and each source's latest fault. */
export class NoSourceError extends Error {
  override readonly name = "NoSourceError";
}

/** Thrown when one replica did not give what it was asked for: it was silent, refused, or answered with something else. */
export class SourceError extends Error {
  override readonly name = "SourceError";
  readonly replica: string;
  /** True if it answered, under its signature, with what no honest replica answers. */
  readonly lied: boolean;

  constructor(replica: string, what: string, lied: boolean) {
    super(`${replica} ${what}`);
    this.replica = replica;
    this.lied = lied;
  }
}

/** Thrown when a restore stopped on the way; `cause` says why. */
export class RestoreError extends Error {
  override readonly name = "RestoreError";
  /** Number of keys known to be written. */
  readonly done: number;

  constructor(done: number, total: number, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(
      `restore: ${done} of ${total} keys were written, then: ${reason}. Writing into existing keys (--into-existing) completes it`,
      { cause },
    );
    this.done = done;
  }
}
