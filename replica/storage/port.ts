/** The storage port: one transaction at a time, durable when `commit` returns (§4.1), with the last-signed guard in it (§4.2). */
import type { Head } from "../../protocol/entry.ts";
import type { Term } from "../../protocol/ids.ts";
import type { Checkpoint, Vote } from "../../protocol/message.ts";
import type { ChunkReader } from "../../protocol/ports.ts";
import type { PersistOperation, Recovered } from "../core/log/durable_state.ts";

/** Something about to be signed that the guard must allow in the same transaction (§4.2), and the epoch of whoever signs it (§13.7). */
export type SigningIntent = { readonly epoch: number } & Signature;

type Signature =
  /** Every head an AppendEntriesResponse of `term` will ack. */
  | { readonly kind: "acks"; readonly term: Term; readonly heads: readonly Head[] }
  /** A vote and its body, byte for byte as it will be signed. */
  | { readonly kind: "vote"; readonly vote: Vote; readonly body: Uint8Array }
  /** A checkpoint, all chunks of whose snapshot have to be durable first (§8.2). */
  | { readonly kind: "checkpoint"; readonly checkpoint: Checkpoint };

export interface Storage {
  /**
   * The chunks of snapshots that are committed. `read` throws {@linkcode StorageError} if the disk returns other bytes than were written;
   * every method throws it on a storage that is closed or has failed.
   */
  readonly chunks: ChunkReader;
  /** Returns the state after the last committed transaction. Called once, at start. */
  load(): Recovered;
  /**
   * Applies `operations` in order, checks and records `intents`, and makes all of it durable, atomically. Throws {@linkcode GuardError} if
   * the guard refuses an intent and {@linkcode StorageError} if the disk does; then nothing has changed.
   *
   * Chunks are an exception, since snapshots are written in the background: `operations` that only write or drop chunks, without intents,
   * are atomic too, but become durable no later than with the next commit that has anything else in it, an intent included.
   *
   * `meanwhile` is called once, when all is written and allowed and the disk is about to be waited for: for what does not rest on it (§5.1b).
   */
  commit(operations: readonly PersistOperation[], intents: readonly SigningIntent[], meanwhile?: () => void): void;
  /** Reads a small named value outside the protocol (e.g. the last SetActive obeyed). */
  getMeta(name: string): string | null;
  setMeta(name: string, value: string): void;
  /**
   * Durably marks this disk as one that no replica may start on any more, with the reason: from then on opening it fails with this reason
   * and the safe way on. Only a recovery replaces it (§8.4).
   */
  markOutdated(reason: string): void;
  /** Rosters and ends of epochs. Every method throws {@linkcode StorageError} on a storage that is closed or has failed. */
  readonly epochs: EpochArchive;
  close(): void;
}

/** The content of an archive for one epoch. */
export interface ArchivedEpoch {
  /** The signed roster's text. */
  readonly roster: Uint8Array;
  /** The end of the epoch as it is shown to others; null while it has not ended. */
  readonly end: Uint8Array | null;
}

/**
 * One roster and one end for each epoch, kept for ever (§13.8). It may be ahead of the log, whose genesis says which epoch the disk is in, so it is
 * written first, and the epoch is begun then.
 */
export interface EpochArchive {
  /** Writes the epoch durably, in the place of what was there. Throws {@linkcode StorageError} if an end would be lost. */
  put(epoch: number, roster: Uint8Array, end: Uint8Array | null): void;
  /** Returns null if there is nothing of it. Throws {@linkcode StorageError} if it is not what was written. */
  read(epoch: number): ArchivedEpoch | null;
  /** Returns the latest epoch held; null if there is none. */
  newest(): number | null;
  /** Returns the epochs held, in ascending order. */
  list(): readonly number[];
}

/** The guard refused to let something be signed: a bug in this replica, or a disk that went back in time. The replica stops. */
export class GuardError extends Error {
  override readonly name = "GuardError";
}

/** The properties of a {@linkcode StorageError} besides its message. */
export interface StorageErrorOptions extends ErrorOptions {
  /** Default false. */
  readonly refused?: boolean;
  /** Default false. */
  readonly damaged?: boolean;
}

/** The disk refused, or holds what this replica cannot have written. This storage is of no use any more. */
export class StorageError extends Error {
  override readonly name = "StorageError";
  /**
   * True if the disk refused and may accept again (full, read-only, I/O error, in use): the replica waits for it. False if its content, or
   * a requested write, is impossible: the replica stops.
   */
  readonly refused: boolean;
  /** True if the disk's content is impossible, or known to be out of date: a recovery may replace it (§8.4). */
  readonly damaged: boolean;

  constructor(message: string, options: StorageErrorOptions = {}) {
    super(message, options);
    this.refused = options.refused ?? false;
    this.damaged = options.damaged ?? false;
  }
}

/** Returns whether `error` means that the disk refused for now. */
export const isRefusal = (error: unknown): error is StorageError => error instanceof StorageError && error.refused;

/** Returns whether `error` means that the disk cannot be trusted, and that a recovery may replace it (§8.4). */
export const isDamaged = (error: unknown): error is StorageError => error instanceof StorageError && error.damaged;
