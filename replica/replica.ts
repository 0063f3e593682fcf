/** One replica on a storage and a transport: it runs a core, and a new one from the disk each time the disk refused and is back. */
import { sha256Hex } from "../crypto/digest.ts";
import type { SignedRoster } from "../crypto/roster/parse_roster.ts";
import { changeIn } from "../protocol/epochs/epoch_end.ts";
import { epochEndCodec } from "../transport/codec/mod.ts";
import type { Ended } from "./core/epochs/epoch_state.ts";
import type { Recovered } from "./core/log/durable_state.ts";
import { type CoreInstance, createCoreInstance } from "./core_instance.ts";
import { beginEpoch } from "./disk/durable_mark.ts";
import { ForgottenError } from "./disk/forgotten_signatures.ts";
import { assertSameDisk } from "./disk/same_disk.ts";
import { beginningOf, waitingIn } from "./epochs/cross.ts";
import { membersOf } from "./epochs/members.ts";
import { bytesOf, readArchived, rosterInForce } from "./epochs/rosters.ts";
import type { ReplicaParts } from "./replica_parts.ts";
import { createEpochScope, createProcessScope, type EpochScope, type ProcessScope } from "./replica_scope.ts";
import type { ReplicaReport } from "./status/status.ts";
import { damaged } from "./storage/damage.ts";
import { epochOf } from "./storage/epoch.ts";
import { isRefusal, type Storage, type StorageError } from "./storage/port.ts";

export type { ReplicaParts } from "./replica_parts.ts";

export interface Replica {
  /**
   * Runs until `stop`. Rejects with InvariantError, GuardError or StorageError, the last also if others show that its disk is out of date;
   * nothing more is signed then. A disk that refuses is waited for: meanwhile nothing is signed but answers to GetStatus and refusals of
   * SetActive.
   */
  run(): Promise<void>;
  /** Ends `run` after the batch in progress. */
  stop(): void;
  /** Ends `run` once this replica has handed over, if it leads, within an election timeout (§14.5). */
  leave(): void;
  status(): ReplicaReport;
  /** Returns the reason for which it takes no part in a quorum that has a leader; null while it does. */
  trouble(): string | null;
}

/** Wires up a replica. Throws `ConfigError` if `key` belongs to no replica of `roster`, `StorageError` if the disk cannot be read. */
export function createReplica(parts: ReplicaParts): Replica {
  return new RestartingReplica(parts);
}

class RestartingReplica implements Replica {
  readonly #parts: ReplicaParts;
  readonly #process: ProcessScope;
  #epoch: EpochScope;
  #storage: Storage;
  #instance: CoreInstance;
  /** Built from a disk that is back; takes over once the previous core has ended. */
  #next: CoreInstance | null = null;
  #stopping = false;

  constructor(parts: ReplicaParts) {
    this.#parts = parts;
    this.#process = createProcessScope(parts);
    this.#storage = parts.storage;
    const recovered = parts.storage.load();
    const { backend } = this.#process;
    const file = rosterInForce(parts.storage.epochs, epochOf(recovered), parts.roster, backend);
    this.#epoch = createEpochScope(parts, this.#process, file);
    if (file.digest !== parts.roster.digest) this.#admit(file);
    this.#instance = this.#begin(parts.storage, recovered);
  }

  async run(): Promise<void> {
    while (!this.#stopping) {
      try {
        await this.#instance.loop.run();
      } catch (error) {
        if (error instanceof ForgottenError) throw this.#outdated(error);
        if (!isRefusal(error) || this.#parts.reopen === undefined || this.#process.disk.refused) throw error;
        this.#refuse(error);
        continue;
      }
      const next = this.#next ?? this.#afterEpoch();
      if (next === null) return;
      this.#instance = next;
      this.#next = null;
    }
  }

  /** Returns the core of the next epoch, if the one in use has ended and this replica goes on. */
  #afterEpoch(): CoreInstance | null {
    const { ended } = this.#instance.state;
    if (ended === null || this.#stopping) return null;
    try {
      return this.#cross(ended);
    } catch (error) {
      if (!isRefusal(error) || this.#parts.reopen === undefined) throw error;
      this.#refuse(error);
      return this.#instance;
    }
  }

  /** §13.7: the end and the next roster are durable before the next epoch begins on the disk. */
  #cross(ended: Ended): CoreInstance | null {
    const [{ file, epoch, changes }, storage, { state, mark }] = [this.#epoch, this.#storage, this.#instance];
    const next = changes.judge(changeIn(ended.end.entry)).next!;
    storage.epochs.put(epoch, bytesOf(file), epochEndCodec.encode(ended.end));
    storage.epochs.put(next.roster.epoch, bytesOf(next), null);
    this.#parts.recorder?.end(`epoch ${epoch} has ended, and what follows is another core's`);
    this.#parts.log.log("warn", "epoch", { epoch: next.roster.epoch, digest: next.digest, held: ended.held });
    if (!this.#isMember(next)) return null;
    beginEpoch(storage, mark, beginningOf(state, ended, sha256Hex, next.digest));
    const waiting = waitingIn(state, file, next);
    const instance = this.#begin(storage, storage.load());
    instance.loop.hand(waiting);
    return instance;
  }

  /** Returns whether this replica goes on in the epoch of `next` as it runs; else it says what has to be done. */
  #isMember({ roster }: SignedRoster): boolean {
    const { key, log } = this.#parts;
    const line = roster.replicas.find(({ id }) => id === this.#epoch.line.id);
    if (line?.publicKey === key.publicKey && line.curveKey === key.curvePublicKey) return true;
    const note = line === undefined
      ? "this replica is not listed any more"
      : `this replica is listed with another key: start it with the one of public key ${line.publicKey}`;
    log.log("warn", "left", { epoch: roster.epoch, note });
    return false;
  }

  /** Talks from now on to the members of `file`, and to those of the epoch before. */
  #admit({ roster }: SignedRoster): void {
    const { epochs } = this.#storage;
    const before = roster.epoch === 1 ? null : readArchived(epochs, roster.epoch - 1, this.#process.backend).roster;
    this.#parts.transport.reconfigure(membersOf(roster, before, this.#parts.key.curvePublicKey));
  }

  stop(): void {
    this.#stopping = true;
    this.#instance.loop.stop();
  }

  leave(): void {
    if (this.#process.disk.refused) return this.stop();
    this.#stopping = true;
    this.#instance.loop.leave();
  }

  status(): ReplicaReport {
    return this.#instance.status.report(this.#process.now());
  }

  trouble(): string | null {
    return this.#instance.status.trouble(this.#process.now());
  }

  #begin(storage: Storage, recovered: Recovered): CoreInstance {
    const epoch = epochOf(recovered);
    if (epoch !== this.#epoch.epoch) {
      const file = readArchived(storage.epochs, epoch, this.#process.backend);
      this.#epoch = createEpochScope(this.#parts, this.#process, file);
      this.#parts.machine.restore(this.#process.emptyMachine);
      this.#admit(file);
    }
    const scope = { ...this.#process, ...this.#epoch };
    return createCoreInstance(this.#parts, scope, storage, recovered, (now) => this.#retry(now));
  }

  /** Marks the disk, which is older than what this replica has signed, so that no later start trusts it; returns the error to throw. */
  #outdated({ message }: ForgottenError): StorageError {
    const reason = `This disk is out of date: ${message}`;
    this.#storage.markOutdated(reason);
    return damaged(reason);
  }

  /** Suspends the core, which is ahead of the disk and takes no further step. Nothing that rests on the refused commit was signed (I8). */
  #refuse(error: StorageError): void {
    this.#process.disk.refuse(error, this.#process.now());
    this.#parts.recorder?.end(`the disk refused, and what follows is another core's: ${error.message}`);
  }

  #retry(now: number): void {
    const { disk, emptyMachine } = this.#process;
    const { reopen, machine } = this.#parts;
    if (reopen === undefined || !disk.isDue(now)) return;
    try {
      const storage = this.#storage = reopen();
      const recovered = storage.load();
      assertSameDisk(this.#instance.mark, recovered);
      machine.restore(emptyMachine);
      this.#next = this.#begin(storage, recovered);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      disk.refusedAgain(error, now);
      return;
    }
    this.#instance.loop.stop();
    disk.back(now);
  }
}
