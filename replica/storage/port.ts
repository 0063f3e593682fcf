/** The storage port: one transaction at a time, durable when `commit` returns (§4.1), with the last-signed guard in it (§4.2). */
import type { Head } from "../../protocol/entry.ts";
import type { Term } from "../../protocol/ids.ts";
import type { Checkpoint, Vote } from "../../protocol/message.ts";
import type { PersistOperation, Recovered } from "../core/output.ts";
import type { ChunkReader } from "../../protocol/ports.ts";

/** Something about to be signed that the guard must allow in the same transaction (§4.2). */
export type SigningIntent =
  /** Every head an AppendEntriesResponse of `term` will ack. */
  | { readonly kind: "acks"; readonly term: Term; readonly heads: readonly Head[] }
  /** A vote and its body, byte for byte as it will be signed. */
  | { readonly kind: "vote"; readonly vote: Vote; readonly body: Uint8Array }
  /** A checkpoint, all chunks of whose snapshot have to be durable first (§8.2). */
  | { readonly kind: "checkpoint"; readonly checkpoint: Checkpoint };

export interface Storage {
  /**
   * The chunks of snapshots that are committed. `read` throws {@linkcode StorageError} where the disk gives other bytes than were
   * written, and all of it does on a storage that is closed or has failed.
   */
  readonly chunks: ChunkReader;
  /** What the last committed transaction left. Called once, at start. */
  load(): Recovered;
  /**
   * Applies `operations` in order, checks and records `intents`, and makes all of it durable, atomically.
   * Throws {@linkcode GuardError} if the guard refuses an intent and {@linkcode StorageError} if the disk does; then nothing has changed.
   *
   * Chunks are an exception, since snapshots are written in the background: `operations` that only write or drop chunks, with no intents
   * beside them, are atomic too, but become durable no later than with the next commit that has anything else in it, an intent included.
   */
  commit(operations: readonly PersistOperation[], intents: readonly SigningIntent[]): void;
  /** Small named values outside the protocol (e.g. the time of the last obeyed SetActive). */
  getMeta(name: string): string | null;
  setMeta(name: string, value: string): void;
  /**
   * Marks this disk as one that no replica must start on any more, and why, durably: opening it fails from then on, with this reason
   * and the safe way on. Only a recovery takes its place (§8.4).
   */
  markOutdated(reason: string): void;
  close(): void;
}

/** The guard refused to let something be signed: a bug here, or a disk that went back in time. The replica stops. */
export class GuardError extends Error {
  override readonly name = "GuardError";
}

/** What is known of a {@linkcode StorageError} beside its words. */
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
   * True where the disk refused and may accept again (full, read-only, I/O error, in use): the replica waits for it. False where
   * what it holds or was asked to hold cannot be: the replica stops.
   */
  readonly refused: boolean;
  /** True where the disk holds what cannot be, or is known to be out of date: a recovery may take its place (§8.4). */
  readonly damaged: boolean;

  constructor(message: string, options: StorageErrorOptions = {}) {
    super(message, options);
    this.refused = options.refused ?? false;
    this.damaged = options.damaged ?? false;
  }
}

/** Whether `error` says that the disk refused for now. */
export const isRefusal = (error: unknown): error is StorageError => error instanceof StorageError && error.refused;

/** Whether `error` says that the disk cannot be trusted, and that a recovery may take its place (§8.4). */
export const isDamaged = (error: unknown): error is StorageError => error instanceof StorageError && error.damaged;
