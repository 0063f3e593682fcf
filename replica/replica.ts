/** One replica on a storage and a transport: it runs a core, and a new one from the disk each time the disk refused and is back. */
import { sha256Hex, unhex } from "../crypto/digest.ts";
import type { SignedRoster } from "../crypto/roster/parse_roster.ts";
import type { Roster } from "../crypto/roster/roster_types.ts";
import { changeIn } from "../protocol/epochs/epoch_end.ts";
import type { Ended } from "./core/epochs/epoch_state.ts";
import { type CoreBeginning, type CoreInstance, createCoreInstance, remindOfEnd } from "./core_instance.ts";
import { beginEpoch } from "./disk/durable_mark.ts";
import { ForgottenError } from "./disk/forgotten_signatures.ts";
import { assertSameDisk } from "./disk/same_disk.ts";
import { archiveEnd, beginningOf, carriedFrom, waitingIn } from "./epochs/cross.ts";
import { membersAt, membersOf } from "./epochs/members.ts";
import type { Outcome } from "./epochs/outcome.ts";
import { Retiree } from "./epochs/retiree.ts";
import { bytesOf, readArchived, rosterInForce } from "./epochs/rosters.ts";
import type { ReplicaParts } from "./replica_parts.ts";
import { createEpochScope, createProcessScope, type EpochScope, type ProcessScope } from "./replica_scope.ts";
import type { ReplicaReport, Vitals } from "./status/status.ts";
import { TROUBLES } from "./status/troubles.ts";
import { damaged } from "./storage/damage.ts";
import { epochOf } from "./storage/epoch.ts";
import { isRefusal, type Storage, type StorageError } from "./storage/port.ts";

export type { ReplicaParts } from "./replica_parts.ts";

export interface Replica {
  /**
   * Runs until `stop`, or until a later roster has no place for it, or wants it to start again. Rejects with InvariantError, GuardError or StorageError, the last also if others show that its disk is out of date;
   * nothing more is signed then. A disk that refuses is waited for: meanwhile nothing is signed but answers to GetStatus and refusals of
   * SetActive.
   */
  run(): Promise<Outcome>;
  /** Ends `run` after the batch in progress. */
  stop(): void;
  /** Ends `run` once this replica has handed over, if it leads, within an election timeout (§14.5). */
  leave(): void;
  status(): ReplicaReport;
  /** Returns the reason for which it takes no part in a quorum that has a leader; null while it does. */
  trouble(): string | null;
  /** Returns what probes and metrics ask for; cheap, whatever the state is like. */
  vitals(): Vitals;
}

/** Wires up a replica. Throws `ConfigError` if `key` belongs to no replica of `roster`, `StorageError` if the disk cannot be read. */
export function createReplica(parts: ReplicaParts): Replica {
  return new RestartingReplica(parts);
}

const REMOVED_NOTE =
  "the new roster does not list it any more: it serves those who need its state, then ends by itself; destroy its key then";
const ROTATED_NOTE =
  "the new roster lists it with another key: it serves those who need its state, then ends by itself; once this process has ended, start it on the same data " +
  "directory with the key file of that key (--key) and the new roster (--cluster)";

const RETIRED_NOTE =
  "it left with the epoch before this one, and others have its state: there is nothing to start it for";
/** Name of what the disk keeps of that: the epoch it is no member of. */
const RETIRED = "retired";

/** Time for which a replica that has left serves if it cannot tell when all are served, in milliseconds. */
const SERVES_FOR_MS = 30_000;

/** Time between the restarts of two replicas that a new roster makes necessary, in milliseconds. */
const RESTART_AFTER_MS = 1000;

class RestartingReplica implements Replica {
  readonly #parts: ReplicaParts;
  readonly #process: ProcessScope;
  #epoch: EpochScope;
  #storage: Storage;
  #instance: CoreInstance;
  /** Built from a disk that is back; takes over once the previous core has ended. */
  #next: CoreInstance | null = null;
  #stopping = false;
  #outcome: Outcome = "stopped";
  #restartTimer: ReturnType<typeof setTimeout> | undefined;
  #retirement: Retiree | null = null;
  #servesForMs = Infinity;

  constructor(parts: ReplicaParts) {
    this.#parts = parts;
    this.#process = createProcessScope(parts);
    this.#storage = parts.storage;
    const recovered = parts.storage.load();
    const { backend } = parts.backend; // what is checked of rosters is no work of the protocol
    const file = rosterInForce(parts.storage.epochs, epochOf(recovered), parts.roster, backend);
    this.#epoch = createEpochScope(parts, this.#process, file);
    this.#admit(file);
    parts.host?.entered(file);
    this.#instance = this.#begin({ storage: parts.storage, recovered, carried: null });
  }

  async run(): Promise<Outcome> {
    if (this.#hasRetired()) {
      this.#parts.log.log("warn", "retired", { epoch: this.#epoch.epoch + 1, note: RETIRED_NOTE });
      return "left";
    }
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
      if (next === null) break;
      this.#instance = next;
      this.#next = null;
    }
    clearTimeout(this.#restartTimer);
    if (this.#outcome === "left" && !this.#stopping) await this.#retire();
    return this.#outcome;
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
    archiveEnd(storage.epochs, ended.end, bytesOf(file), {
      ...{ epoch: next.roster.epoch, digest: next.digest, bytes: bytesOf(next) },
    });
    this.#parts.recorder?.end(`epoch ${epoch} has ended, and what follows is another core's`);
    this.#parts.log.log("warn", "epoch", { epoch: next.roster.epoch, digest: next.digest, held: ended.held });
    const line = next.roster.replicas.find(({ id }) => id === this.#epoch.line.id);
    if (line === undefined) return this.#leave(next, { note: REMOVED_NOTE });
    beginEpoch(storage, mark, beginningOf(state, ended, sha256Hex, next.digest));
    const { publicKey, curvePublicKey } = this.#parts.key;
    if (line.publicKey !== publicKey || line.curveKey !== curvePublicKey) {
      return this.#leave(next, { note: ROTATED_NOTE, publicKey: line.publicKey });
    }
    const waiting = waitingIn(state, file, next);
    if (!ended.held) this.#parts.machine.restore(this.#process.emptyMachine);
    const instance = this.#begin({ storage, recovered: storage.load(), carried: carriedFrom(state, next.roster) });
    instance.loop.hand(waiting);
    return instance;
  }

  /**
   * Goes on serving those who still need it. That may take another process, which may reach the new members; one whose keys have changed cannot begin another with those that it
   * has, and serves those whom it reaches for a while.
   */
  #leave(next: SignedRoster, why: { readonly note: string; readonly publicKey?: string }): null {
    const { log, host } = this.#parts;
    log.log("warn", "left", { epoch: next.roster.epoch, ...why });
    host?.left(next);
    const reachesAll = host === undefined || host.restartFor(next.roster) === "no";
    const isRotated = why.publicKey !== undefined;
    this.#outcome = reachesAll || isRotated ? "left" : "restart";
    this.#servesForMs = reachesAll ? Infinity : SERVES_FOR_MS;
    return null;
  }

  /** Serves those who still need it, until enough members of the next epoch have begun, or it is stopped (§13.10). */
  async #retire(): Promise<void> {
    const [{ file, epoch, changes }, { backend, now }] = [this.#epoch, this.#process];
    const { end } = this.#instance.state.ended!;
    const next = changes.judge(changeIn(end.entry)).next!;
    const { transport, key, log } = this.#parts;
    transport.reconfigure(membersAt(membersOf(next.roster, file.roster, key.curvePublicKey), this.#parts.dialOffset));
    this.#retirement = new Retiree({
      ...{
        before: file,
        next,
        end,
        transport,
        backend,
        now,
        archive: this.#storage.epochs,
        chunks: this.#storage.chunks,
      },
      self: this.#epoch.line.id,
      forMs: this.#servesForMs,
      secretKey: unhex(key.secretKey),
    });
    const begun = await this.#retirement.run();
    if (this.#stopping) return;
    this.#storage.setMeta(RETIRED, String(epoch + 1));
    log.log("warn", "retired", { epoch: epoch + 1, begun: begun.join(" ") });
  }

  /** Returns whether this replica has left with the epoch that its disk is in, and nobody needs it any more: whoever starts it again has nothing to wait for. */
  #hasRetired(): boolean {
    return this.#storage.getMeta(RETIRED) === String(this.#epoch.epoch + 1);
  }

  /** Ends so that its process is started again, if that is the only way to be a member: one replica after the other, where the others can go on meanwhile. */
  #restartFor(roster: Roster): void {
    clearTimeout(this.#restartTimer); // of the epoch before
    const wanted = this.#parts.host?.restartFor(roster) ?? "no";
    if (wanted === "no") return;
    const position = roster.replicas.findIndex(({ id }) => id === this.#epoch.line.id);
    const inMs = wanted === "at-once" ? 0 : RESTART_AFTER_MS * (1 + position);
    const note = "the new roster has addresses that this process may not use";
    this.#parts.log.log("warn", "restarts", { epoch: roster.epoch, inMs, note });
    this.#restartTimer = setTimeout(() => {
      this.#outcome = "restart";
      this.leave();
    }, inMs);
  }

  /** Talks from now on to the members of `file`, to those of the epoch before, and of the file given if that is of a later one. */
  #admit({ roster, roster: { epoch } }: SignedRoster): void {
    const { roster: { roster: given }, key, transport, backend: { backend }, dialOffset } = this.#parts;
    if (epoch === 1 && given.epoch === 1) return;
    const before = epoch === 1 ? null : readArchived(this.#storage.epochs, epoch - 1, backend).roster;
    transport.reconfigure(membersAt(membersOf(roster, before, key.curvePublicKey, given), dialOffset));
  }

  stop(): void {
    this.#stopping = true;
    this.#instance.loop.stop();
    this.#retirement?.stop();
  }

  leave(): void {
    if (this.#process.disk.refused || this.#retirement !== null) return this.stop();
    this.#stopping = true;
    this.#instance.loop.leave();
  }

  status(): ReplicaReport {
    return this.#instance.status.report(this.#process.now());
  }

  trouble(): string | null {
    const code = this.#instance.status.trouble(this.#process.now());
    return code === null ? null : TROUBLES[code];
  }

  vitals(): Vitals {
    return this.#instance.status.vitals(this.#process.now());
  }

  #begin(beginning: CoreBeginning): CoreInstance {
    const { storage, recovered } = beginning;
    const epoch = epochOf(recovered);
    if (epoch !== this.#epoch.epoch) this.#enter(readArchived(storage.epochs, epoch, this.#parts.backend.backend));
    const scope = { ...this.#process, ...this.#epoch };
    const instance = createCoreInstance(this.#parts, scope, beginning, (now) => this.#retry(now));
    if (instance.state.ended === null) remindOfEnd(instance, storage, epoch);
    return instance;
  }

  #enter(file: SignedRoster): void {
    this.#epoch = createEpochScope(this.#parts, this.#process, file);
    this.#admit(file);
    this.#parts.host?.entered(file);
    this.#restartFor(file.roster);
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
      this.#next = this.#begin({ storage, recovered, carried: null });
    } catch (error) {
      if (!isRefusal(error)) throw error;
      disk.refusedAgain(error, now);
      return;
    }
    this.#instance.loop.stop();
    disk.back(now);
  }
}
