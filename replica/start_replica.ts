/** A replica as this process runs it: SQLite, ZeroMQ, and an orderly end. */
import type { KeyFile } from "../crypto/keys/key_file.ts";
import type { LoadedBackend } from "../crypto/signing/load_backend.ts";
import { createZmqReplicaTransport } from "../transport/mod.ts";
import type { ReplicaTransport } from "../transport/port.ts";
import type { ByzantineMode } from "./byzantine/mod.ts";
import { ownLine, transportOptionsOf } from "./replica_config.ts";
import { type Digest, digest } from "../protocol/ids.ts";
import type { StateMachine } from "../protocol/ports.ts";
import { ReopenableStorage } from "./disk/reopenable_storage.ts";
import { type Logger, SILENT } from "./diagnostics/logger.ts";
import { Recorder, RecordingFile } from "./recording/mod.ts";
import { createReplica, type Replica } from "./replica.ts";
import { KvStore } from "../state_machine/mod.ts";
import type { ReplicaReport } from "./status/status.ts";
import type { Roster, RosterReplica } from "../crypto/roster/roster_types.ts";
import { beginRecovery, type BegunRecovery } from "./storage/sqlite/sqlite_recover.ts";

export interface StartOptions {
  readonly roster: Roster;
  /** Key of a replica of the roster. */
  readonly key: KeyFile;
  /** This replica's own directory; made if missing. */
  readonly dataDir: string;
  readonly backend: LoadedBackend;
  /** The application; a key-value store by default. It must be fresh: a snapshot is restored to it, and the log applied. */
  readonly machine?: StateMachine;
  /** IPv4 address to listen on, or `*`; by default the roster's own address, or all where the roster has a name. */
  readonly bindHost?: string | null;
  /** Nothing is logged by default. */
  readonly log?: Logger;
  /** Comes back without its disk (§8.4): what is in the directory is moved aside, unless it is a recovery begun before. */
  readonly recover?: boolean;
  /** Makes the replica faulty; only for tests and drills. */
  readonly byzantine?: ByzantineMode | null;
  /** File to record the core's inputs to, made now. It only grows. */
  readonly record?: string | null;
}

export interface RunningReplica {
  /** This replica's line of the roster. */
  readonly line: RosterReplica;
  /**
   * Resolves once the replica was stopped. Rejects with InvariantError, GuardError or StorageError where it could not go on: a
   * replica rather serves nothing than guesses. A disk that only refuses for now is waited for. Either way, sockets and storage are closed then.
   */
  readonly finished: Promise<void>;
  status(): ReplicaReport;
  /** Finishes the batch under way and closes everything. */
  stop(): Promise<void>;
}

/**
 * Starts a replica. Throws `ConfigError` where the key is no replica's of the roster or the recording cannot be made, `StorageError` where the
 * data directory cannot be used, `TransportError` where a port cannot be bound; then nothing stays open, and no recording is left.
 */
export async function startReplica(options: StartOptions): Promise<RunningReplica> {
  const { roster, key, backend, bindHost = null, log = SILENT, byzantine = null, record = null } = options;
  const line = ownLine(roster, key);
  const recording = record === null ? null : RecordingFile.create(record);
  let disk: ReopenableStorage | null = null;
  let transport: ReplicaTransport | null = null;
  try {
    const owner = { dir: options.dataDir, clusterId: roster.cluster, replica: line.id };
    if (options.recover) logRecovery(log, beginRecovery(owner, freshNonce()));
    disk = new ReopenableStorage(owner, log);
    const { storage, reopen } = disk;
    transport = await createZmqReplicaTransport(transportOptionsOf(roster, line, bindHost));
    const machine = options.machine ?? new KvStore();
    const recorder = recording && new Recorder(recording, warnOfEnd(log));
    const replica = createReplica({
      ...{ roster, key, backend, storage, reopen, transport, machine, log, byzantine, recorder },
    });
    return supervise({ line, replica, disk, transport, recorder });
  } catch (error) {
    await undo([() => transport?.close(), () => disk?.close(), () => recording?.discard()], log);
    throw error;
  }
}

function logRecovery(log: Logger, { aside, reason }: BegunRecovery): void {
  log.log("warn", "recovery-begun", { reason, aside: aside.join(" ") });
}

/** Names a recovery to those who answer its roll call; nobody can have answered it before. */
const freshNonce = (): Digest => digest(crypto.getRandomValues(new Uint8Array(32)).toHex());

/** Takes all `steps` back from a start that failed. What fails in that is only logged: why the start failed matters more. */
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
      await replica.run();
      recorder?.end("stopped");
    } catch (error) {
      recorder?.end(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
      throw error;
    } finally {
      await transport.close();
      disk.close();
    }
  })();
  // Whoever wants to know awaits `finished`; a rejection nobody looks at must not end an embedding process by itself.
  finished.catch(() => {});
  return {
    line,
    finished,
    status: () => replica.status(),
    stop() {
      replica.stop();
      return finished;
    },
  };
}
