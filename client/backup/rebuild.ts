/** Rebuilds the replicated state of a backup with the same functions that replicas use (§7.1, §8.3). */
import { sha256Hex } from "../../crypto/digest.ts";
import type { CheckpointProof } from "../../protocol/certificate.ts";
import type { Entry, Head } from "../../protocol/entry.ts";
import { chainEntry } from "../../protocol/hash_chain.ts";
import type { Digest } from "../../protocol/ids.ts";
import { type Executor, executorOf } from "../../protocol/operations/execute.ts";
import type { RosterChanges, StateMachine } from "../../protocol/ports.ts";
import { freezeSessions } from "../../protocol/snapshot/session_chunks.ts";
import { readSessions } from "../../protocol/snapshot/session_chunks_read.ts";
import { applyRequest, createSessionTable, type SessionTable } from "../../protocol/snapshot/session_table.ts";
import type { SessionBounds } from "../../protocol/snapshot/session_types.ts";
import { restoreSnapshot } from "../../protocol/snapshot/snapshot_restore.ts";
import { freezeMachine } from "../../protocol/snapshot/snapshot_source.ts";
import { nextChunks, startSnapshot } from "../../protocol/snapshot/snapshot_writer.ts";

export class Rebuilt {
  /** End of the log applied so far. */
  head: Head;
  readonly #machine: StateMachine;
  readonly #executor: Executor;
  #sessions: SessionTable;

  /** Starts from the state before the first entry; `machine` must be fresh. */
  constructor(machine: StateMachine, changes: RosterChanges, genesis: Head, bounds: SessionBounds) {
    this.#machine = machine;
    this.#executor = executorOf({ machine, changes });
    this.head = genesis;
    this.#sessions = createSessionTable(bounds);
  }

  /**
   * Takes over the state at a checkpoint. Asks `read` for the snapshot's chunks one by one: head, lists, the session table's, the state
   * machine's. Returns their number. Throws a RangeError that names the chunk that is wrong.
   */
  restore({ stable }: CheckpointProof, read: (digest: Digest) => Uint8Array): number {
    const snapshot = restoreSnapshot(stable.stateDigest, read, sha256Hex);
    this.#sessions = readSessions(snapshot.sessions, this.#sessions.bounds);
    this.#machine.restore(snapshot.machine);
    this.head = { index: stable.index, hash: stable.hash };
    return snapshot.digests.length;
  }

  /** Applies the next entry. Throws a RangeError if it is not the next one, or not a list of requests. */
  apply(entry: Entry): void {
    const wanted = this.head.index + 1;
    if (entry.index !== wanted) throw new RangeError(`holds entry ${entry.index}, ${wanted} is wanted`);
    if (entry.requests === null) throw new RangeError(`holds entry ${entry.index}, which is no list of requests`);
    const { index } = entry;
    for (const { message, body } of entry.requests) {
      applyRequest(this.#sessions, message, sha256Hex(body), index, this.#executor);
    }
    this.head = { index, hash: chainEntry(sha256Hex, this.head.hash, entry).hash };
  }

  /** Returns the digest that a checkpoint at this index would name: that of the whole state, sessions included. */
  stateDigest(): Digest {
    const writer = startSnapshot(freezeSessions(this.#sessions), freezeMachine(this.#machine, sha256Hex));
    // Every chunk counts as held, so each is digested and none is kept.
    const ports = { hash: sha256Hex, chunks: { has: () => true } };
    while (true) {
      const { done } = nextChunks(writer, ports, Number.MAX_SAFE_INTEGER);
      if (done !== null) return done.stateDigest;
    }
  }
}
