/** A replica as a process runs it: its disk, ZMTP, and an orderly end. */
import { ConfigError } from "../crypto/config_error.ts";
import type { KeyFile } from "../crypto/keys/key_file.ts";
import { lists } from "../crypto/roster/key_ring.ts";
import type { SignedRoster } from "../crypto/roster/parse_roster.ts";
import type { RosterReplica } from "../crypto/roster/roster_types.ts";
import type { SignatureBackend } from "../crypto/signing/backend.ts";
import type { LoadedBackend } from "../crypto/signing/load_backend.ts";
import { CRASH_WARNING } from "../protocol/config.ts";
import { type Digest, digest } from "../protocol/ids.ts";
import type { StateMachine } from "../protocol/ports.ts";
import { KvStore } from "../state_machine/mod.ts";
import { type EngineOptions, openReplicaTransport } from "../transport/mod.ts";
import type { ReplicaTransport } from "../transport/port.ts";
import type { ByzantineMode } from "./byzantine/mod.ts";
import { type Logger, SILENT } from "./diagnostics/logger.ts";
import { ReopenableStorage } from "./disk/reopenable_storage.ts";
import { dialledAt } from "./epochs/members.ts";
import { awaitBeginning, isUnused } from "./epochs/newcomer.ts";
import type { Outcome } from "./epochs/outcome.ts";
import { rosterInForce } from "./epochs/rosters.ts";
import { holdsReplica } from "./first_start.ts";
import { requireKnownRoster } from "./known_roster.ts";
import { processHost } from "./process_host.ts";
import { Recorder, RecordingFile } from "./recording/mod.ts";
import { createReplica, type Replica } from "./replica.ts";
import { bindAddresses, lineInForce, ownLine } from "./replica_config.ts";
import { connectionLog } from "./status/connection_log.ts";
import type { Meters } from "./status/meters.ts";
import type { ReplicaReport, Vitals } from "./status/status.ts";
import { beginRecovery, type BegunRecovery } from "./storage/disk/disk_recover.ts";
import { epochOf } from "./storage/epoch.ts";
import type { Storage } from "./storage/port.ts";

/** Options of {@linkcode startReplica}. */
export interface StartOptions extends EngineOptions {
  /** The roster's file. What is in force is on the disk, once that holds one (§13.8); the addresses to listen at are those of this one. */
  readonly roster: SignedRoster;
  /** Key of a replica of the roster. */
  readonly key: KeyFile;
  /** This replica's own directory. */
  readonly dataDir: string;
  /**
   * True if the replica has never run with this key: only then a data directory is made. Once it ran, an empty or missing one is a lost disk
   * or one that is not mounted, and a replica that began anew there would contradict what it signed (§1.3).
   */
  readonly firstStart?: boolean;
  readonly backend: LoadedBackend;
  /** The application; a key-value store by default. It must be fresh: a snapshot is restored to it, and the log applied. */
  readonly machine?: StateMachine;
  /** Address to listen on, or `*` for all of IPv4; by default the roster's address, or all if the roster gives a name. */
  readonly bindHost?: string | null;
  /** Added to the ports of peers to connect to, where something stands between for a drill; 0 by default. */
  readonly dialOffset?: number;
  /** Logger; nothing is logged by default. */
  readonly log?: Logger;
  /** True to come back without the disk (§8.4): the directory's content is moved aside, unless it is a recovery begun before. */
  readonly recover?: boolean;
  /** Makes the replica faulty; only for tests and drills. */
  readonly byzantine?: ByzantineMode | null;
  /** File to record the core's inputs to; it must not exist, and only grows. */
  readonly record?: string | null;
  /** Counts for whoever scrapes it, on the clock of `performance.now`; none by default. */
  readonly meters?: Meters | null;
  /** Ends the wait of a new member for its epoch to begin; the start then rejects with the reason of the signal. */
  readonly signal?: AbortSignal;
}

const AWAITS_NOTE = "until the change to this roster is ordered (client reconfigure), and a member tells";
const PLAINTEXT_NOTE = "nothing is encrypted, and anybody may connect: for debugging alone";

/** A replica started by {@linkcode startReplica}. */
export interface RunningReplica {
  /** This replica's entry in the roster. */
  readonly line: RosterReplica;
  /**
   * Resolves once the replica was stopped, a later roster has no place for it, or wants its process to start again. Rejects with InvariantError, GuardError or StorageError if it could not go on: a replica serves
   * nothing rather than guess. A disk that only refuses for now is waited for. Either way, sockets and storage are closed by then.
   */
  readonly finished: Promise<Outcome>;
  /** Returns the replica's present status. */
  status(): ReplicaReport;
  /** Returns the reason for which the replica takes no part in a quorum that has a leader; null while it does. */
  trouble(): string | null;
  /** Returns what probes and metrics ask for; cheap, whatever the state is like. */
  vitals(): Vitals;
  /** Stops as `stop` does, but hands over first if the replica leads, within an election timeout (§14.5); a second call stops at once. */
  leave(): Promise<Outcome>;
  /** Finishes the batch in progress and closes everything; settles as `finished` does. */
  stop(): Promise<Outcome>;
}

/**
 * Starts a replica of the roster on a disk and ZMTP. Rejects with `ConfigError` if the key belongs to no replica of the roster, the data
 * directory holds nothing of a replica though this is no first start, another version of the program wrote it, it was used with a roster
 * that this one cannot follow, or the recording cannot be made; with `StorageError` if the data directory cannot be used; with
 * `TransportError` if a port cannot be bound. Then
 * nothing stays open, and no recording is left.
 */
export async function startReplica(options: StartOptions): Promise<RunningReplica> {
  const { roster: file, key, backend, bindHost = null, log = SILENT, byzantine = null, record = null } = options;
  const { roster } = file;
  requireProfile(options);
  requireDisk(options);
  const recording = record === null ? null : RecordingFile.create(record);
  let disk: ReopenableStorage | null = null;
  let transport: ReplicaTransport | null = null;
  try {
    const owner = { dir: options.dataDir, clusterId: roster.cluster, replica: ownLine(roster, key).id };
    if (options.recover) logRecovery(log, beginRecovery(owner, freshNonce()));
    disk = new ReopenableStorage(owner, log);
    const { storage, reopen } = disk;
    const held = knownRoster(storage, file, backend.backend);
    noteDifference(log, file, held);
    const isNew = isNewIn(file, held, storage, key);
    const inForce = isNew ? file : held;
    const line = lineInForce(inForce.roster, key);
    const onEnd = connectionLog(log, now);
    const bind = bindAddresses(line, bindHost);
    transport = await openReplicaTransport({
      ...options,
      roster: dialledAt(inForce.roster, options.dialOffset),
      bind,
      onEnd,
    });
    if (options.insecurePlaintext) log.log("warn", "insecure-plaintext", { note: PLAINTEXT_NOTE });
    if (isNew) await awaitMembership(options, line, storage, transport);
    const machine = options.machine ?? new KvStore();
    const recorder = recording && new Recorder(recording, warnOfEnd(log));
    const { dialOffset = 0 } = options;
    const host = processHost(options.dataDir, line, dialOffset);
    const replica = createReplica({
      ...{ roster: file, key, backend, storage, reopen, host, transport, machine, log, byzantine, recorder },
      dialOffset,
      meters: options.meters ?? null,
    });
    return supervise({ line, replica, disk, transport, recorder });
  } catch (error) {
    await undo([() => transport?.close(), () => disk?.close(), () => recording?.discard()], log);
    throw error;
  }
}

const now = (): number => performance.now();

/** Waits until the epoch of the roster given has begun on the disk (§13.8). */
async function awaitMembership(
  options: StartOptions,
  { id: self }: RosterReplica,
  storage: Storage,
  transport: ReplicaTransport,
): Promise<void> {
  const { roster: given, backend: { backend }, log = SILENT } = options;
  log.log("info", "awaits-beginning", { epoch: given.roster.epoch, note: AWAITS_NOTE });
  await awaitBeginning({ ...options, given, self, storage, transport, backend, now });
}

/** Returns the roster in force as the disk knows it; the one given where it knows none. */
function knownRoster(storage: Storage, given: SignedRoster, backend: SignatureBackend): SignedRoster {
  if (storage.epochs.newest() === null) requireKnownRoster(storage, given);
  const epoch = epochOf(storage.load());
  return storage.epochs.read(epoch) === null ? given : rosterInForce(storage.epochs, epoch, given, backend);
}

/**
 * Returns whether a replica has to be shown how the epoch of the roster given began (§13.8): it has never run, or its disk is in the epoch before, when it had other keys. Throws
 * `ConfigError` if its disk is older than that.
 */
function isNewIn(given: SignedRoster, held: SignedRoster, storage: Storage, key: KeyFile): boolean {
  const [epoch, before] = [given.roster.epoch, held.roster.epoch];
  if (epoch === 1) return false;
  if (isUnused(storage)) return true;
  const isListed = ({ roster }: SignedRoster) => lists(roster, key);
  if (epoch <= before || isListed(held) || !isListed(given)) return false;
  if (epoch === before + 1) return true;
  throw new ConfigError(
    `roster: given one of epoch ${epoch}, in which ${key.id} has other keys than on its disk, wanted one of epoch ${
      before + 1
    } for that disk; start ${key.id} with --recover`,
  );
}

/** Says that the file given is not what is in force, lest somebody believe that a restart changes the cluster. */
function noteDifference(log: Logger, given: SignedRoster, inForce: SignedRoster): void {
  if (given.digest === inForce.digest) return;
  const epochs = { given: given.roster.epoch, inForce: inForce.roster.epoch };
  if (epochs.given < epochs.inForce) {
    return log.log("info", "roster", { ...epochs, note: "the file given is an older one" });
  }
  const note = "the file given only says whom to reach: it takes effect by client reconfigure, not by a restart";
  log.log("warn", "roster", { ...epochs, note });
}

/** §1.4: says that replicas are trusted, never silently; a drill with a liar among them would prove nothing. */
function requireProfile({ roster: { roster }, byzantine = null, log = SILENT }: StartOptions): void {
  const { profile } = roster.constants;
  if (profile === "byzantine") return;
  log.log("warn", "profile", { profile, note: CRASH_WARNING });
  if (byzantine === null) return;
  throw new ConfigError(
    `byzantine: given ${byzantine} in a cluster of the crash profile, wanted none: no liar is tolerated`,
  );
}

/** Throws unless there is the disk that this replica ran on, or is to be none. */
function requireDisk(options: StartOptions): void {
  if (options.firstStart || options.recover || holdsReplica(options.dataDir)) return;
  const { dataDir, key: { id } } = options;
  throw new ConfigError(
    `dataDir: given ${dataDir}, which holds nothing of a replica, wanted the one ${id} ran on; or recover if that is lost; or firstStart if ` +
      `${id} has never run with this key`,
  );
}

function logRecovery(log: Logger, { aside, reason }: BegunRecovery): void {
  log.log("warn", "recovery-begun", { reason, aside: aside.join(" ") });
}

/** Returns a nonce that identifies a recovery to the replicas that answer its roll call; none can have answered it before. */
const freshNonce = (): Digest => digest(crypto.getRandomValues(new Uint8Array(32)).toHex());

/** Undoes all `steps` of a start that failed. Failures of that are only logged: why the start failed matters more. */
async function undo(steps: readonly (() => Promise<void> | void)[], log: Logger): Promise<void> {
  for (const step of steps) {
    try {
      await step();
    } catch (error) {
      log.log("warn", "start-not-undone", { reason: String(error) });
    }
  }
}

const warnOfEnd = (log: Logger) => (reason: string, steps: number): void =>
  log.log("warn", "recording-ended", { reason, steps });

interface Held {
  readonly line: RosterReplica;
  readonly replica: Replica;
  readonly disk: ReopenableStorage;
  readonly transport: ReplicaTransport;
  readonly recorder: Recorder | null;
}

function supervise({ line, replica, disk, transport, recorder }: Held): RunningReplica {
  const finished = (async () => {
    try {
      const outcome = await replica.run();
      recorder?.end("stopped");
      return outcome;
    } catch (error) {
      recorder?.end(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
      throw error;
    } finally {
      await transport.close();
      disk.close();
    }
  })();
  // Callers await `finished`; a rejection that is not awaited must not end an embedding process by itself.
  finished.catch(() => {});
  let leaving = false;
  return {
    line,
    finished,
    status: () => replica.status(),
    trouble: () => replica.trouble(),
    vitals: () => replica.vitals(),
    leave() {
      if (leaving) replica.stop();
      else replica.leave();
      leaving = true;
      return finished;
    },
    stop() {
      replica.stop();
      return finished;
    },
  };
}
