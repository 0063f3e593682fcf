/** Rebuilds the replicated state of a backup with the same functions that replicas use (§7.1, §8.3). */
import { sha256Hex } from "../../crypto/digest.ts";
import type { CheckpointProof } from "../../protocol/certificate.ts";
import type { Entry, Head, Request } from "../../protocol/entry.ts";
import { stopSignOf } from "../../protocol/epochs/epoch_end.ts";
import { chainEntry } from "../../protocol/hash_chain.ts";
import { type Digest, type LogIndex, logIndex } from "../../protocol/ids.ts";
import { type Executor, executorOf } from "../../protocol/operations/execute.ts";
import type { RosterChanges, StateMachine } from "../../protocol/ports.ts";
import { freezeSessions } from "../../protocol/snapshot/session_chunks.ts";
import { readSessions } from "../../protocol/snapshot/session_chunks_read.ts";
import {
  applyRequest,
  applyTime,
  createSessionTable,
  dropUnlisted,
  type SessionTable,
} from "../../protocol/snapshot/session_table.ts";
import type { SessionBounds } from "../../protocol/snapshot/session_types.ts";
import { restoreSnapshot } from "../../protocol/snapshot/snapshot_restore.ts";
import { freezeMachine } from "../../protocol/snapshot/snapshot_source.ts";
import { nextChunks, startSnapshot } from "../../protocol/snapshot/snapshot_writer.ts";
import { doubtfulRegister } from "./epochs/basis.ts";
import type { Beginning } from "./epochs/chain.ts";

const NOTHING = logIndex(0);

export class Rebuilt {
  /** End of the log applied so far. */
  head: Head;
  readonly #machine: StateMachine;
  readonly #changes: RosterChanges;
  readonly #executor: Executor;
  readonly #beginning: Beginning;
  readonly #clockQuorum: number;
  #sessions: SessionTable;
  /** The genesis lies at or below this index, and nothing tells where: 0 if it is known. */
  #doubt = NOTHING;
  #stopped = false;

  /** Starts from the state before the first entry of the epoch, which {@linkcode Rebuilt.restore} brings in a later one; `machine` must be fresh. */
  constructor(
    machine: StateMachine,
    changes: RosterChanges,
    beginning: Beginning,
    bounds: SessionBounds,
    clockQuorum: number,
  ) {
    this.#machine = machine;
    this.#changes = changes;
    this.#executor = executorOf({ machine, changes });
    this.#beginning = beginning;
    this.#clockQuorum = clockQuorum;
    this.head = beginning.genesis;
    this.#sessions = createSessionTable(bounds, beginning.genesis.index);
  }

  /**
   * Takes over the state at a checkpoint. Asks `read` for the snapshot's chunks one by one: head, lists, the session table's, the state
   * machine's. Returns their number. Throws a RangeError that names the chunk that is wrong.
   */
  restore({ stable: { stateDigest, index, hash } }: CheckpointProof, read: (digest: Digest) => Uint8Array): number {
    const snapshot = restoreSnapshot(stateDigest, read, sha256Hex);
    const { genesis, isProven } = this.#beginning;
    if (!isProven && index > genesis.index) this.#doubt = index;
    const from = this.#doubt > 0 ? NOTHING : genesis.index;
    this.#sessions = readSessions(snapshot.sessions, this.#sessions.bounds, from);
    this.#machine.restore(snapshot.machine);
    this.head = { index, hash };
    return snapshot.digests.length;
  }

  /** Applies the next entry. Throws a RangeError if it is not the next one, not a list of requests, or none that can be judged. */
  apply(entry: Entry): void {
    const wanted = this.head.index + 1;
    if (entry.index !== wanted) throw new RangeError(`holds entry ${entry.index}, ${wanted} is wanted`);
    if (entry.requests === null) throw new RangeError(`holds entry ${entry.index}, which is no list of requests`);
    if (this.#stopped) throw new RangeError(`holds entry ${entry.index} behind the last one of its epoch`);
    applyTime(this.#sessions, entry, this.#clockQuorum, this.#executor);
    for (const { message, body } of entry.requests) this.#apply(message, sha256Hex(body), entry.index);
    const after = stopSignOf(entry, this.#changes);
    if (after !== null) dropUnlisted(this.#sessions, after.roster.clients);
    this.#stopped = after !== null;
    this.head = { index: entry.index, hash: chainEntry(sha256Hex, this.head.hash, entry).hash };
  }

  #apply(request: Request, digest: Digest, index: LogIndex): void {
    const answer = applyRequest(this.#sessions, request, digest, index, this.#executor);
    if (request.kind !== "RegisterSession" || request.base >= this.#doubt) return;
    // §13.5: it is void if its base is below the genesis.
    if (answer.outcome === "applied" && answer.index === index) throw doubtfulRegister(this.#beginning, index);
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
