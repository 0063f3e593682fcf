/** The parts of a replica. */
import type { KeyFile } from "../crypto/keys/key_file.ts";
import type { SignedRoster } from "../crypto/roster/parse_roster.ts";
import type { Roster } from "../crypto/roster/roster_types.ts";
import type { LoadedBackend } from "../crypto/signing/load_backend.ts";
import type { StateMachine } from "../protocol/ports.ts";
import type { ReplicaTransport } from "../transport/port.ts";
import type { ByzantineMode } from "./byzantine/mod.ts";
import type { Logger } from "./diagnostics/logger.ts";
import type { Recorder } from "./recording/mod.ts";
import type { Meters } from "./status/meters.ts";
import type { Storage } from "./storage/port.ts";

/** The process around a replica, as far as rosters concern it. */
export interface EpochHost {
  /** Called with each roster that comes into force, at the start too. */
  entered(file: SignedRoster): void;
  /** Called with the roster whose members this replica serves, none of which it is. */
  left(file: SignedRoster): void;
  /**
   * Returns whether this process has to start again to be a member of `roster`, to listen elsewhere or to be allowed to reach others: in turn with the others where it can do its
   * part until then, or at once.
   */
  restartFor(roster: Roster): "no" | "in-turn" | "at-once";
}

export interface ReplicaParts {
  /** The roster given. What is in force is on the disk, once it holds one (§13.8). */
  readonly roster: SignedRoster;
  /** Key of a replica of the roster. */
  readonly key: KeyFile;
  readonly backend: LoadedBackend;
  /** Its own storage; closed by the caller that opened it. */
  readonly storage: Storage;
  /**
   * Closes the storage in use and opens its disk again, after it refused; the new storage, too, is closed by the caller. Throws
   * StorageError with `refused` if the disk does not yet write durably. Without this function a refused write ends the replica.
   */
  readonly reopen?: () => Storage;
  /** Its end of the network; closed by the caller that opened it. */
  readonly transport: ReplicaTransport;
  /** A fresh state machine; the log is applied to it from the beginning, and once more after the disk refused. */
  readonly machine: StateMachine;
  readonly log: Logger;
  /** The process around it; none by default. */
  readonly host?: EpochHost;
  /** Added to the ports of peers to connect to; 0 by default. */
  readonly dialOffset?: number;
  /** Makes the replica faulty; only for tests and drills. */
  readonly byzantine?: ByzantineMode | null;
  /** Records the core's inputs until the disk refuses; ended by the caller that made it. */
  readonly recorder?: Recorder | null;
  /** Counts for whoever scrapes it; on the same clock. None by default. */
  readonly meters?: Meters | null;
  /** Monotonic clock in milliseconds; `performance.now` by default. */
  readonly now?: () => number;
  /** Seed of the timer jitter; random by default. */
  readonly seed?: number;
}
