/** Rosters on a replica's disk: the one in force, and those of epochs that are over. */
import { ConfigError } from "../../crypto/config_error.ts";
import { parseSignedRoster, type SignedRoster } from "../../crypto/roster/parse_roster.ts";
import { rosterText } from "../../crypto/roster/roster.ts";
import type { SignatureBackend } from "../../crypto/signing/backend.ts";
import { damaged } from "../storage/damage.ts";
import type { EpochArchive } from "../storage/port.ts";

/** Returns the bytes of a roster's file. */
export const bytesOf = ({ raw, roster, signatures }: SignedRoster): Uint8Array =>
  new TextEncoder().encode(rosterText(raw, roster.operatorKey, signatures));

/** Returns the roster of an epoch. Throws StorageError if the disk does not hold it as it was written. */
export function readArchived(archive: EpochArchive, epoch: number, backend: SignatureBackend): SignedRoster {
  const archived = archive.read(epoch);
  if (archived === null) throw damaged(`no roster of epoch ${epoch}, which this disk is in`);
  return parseArchived(archived.roster, backend);
}

/** Reads a roster's file. Throws `ConfigError`. */
export const parseArchived = (bytes: Uint8Array, backend: SignatureBackend): SignedRoster =>
  parseSignedRoster(new TextDecoder().decode(bytes), null, backend);

/**
 * Returns the roster in force on a disk that is in `epoch`: its own, whatever file it is given (§13.8). A disk of the first epoch that has none takes the one given. Throws
 * `ConfigError` if that is another one of that epoch, or of a later one.
 */
export function rosterInForce(
  archive: EpochArchive,
  epoch: number,
  given: SignedRoster,
  backend: SignatureBackend,
): SignedRoster {
  const held = archive.read(epoch) === null ? null : readArchived(archive, epoch, backend);
  if (held !== null && given.roster.epoch === epoch && given.digest !== held.digest) {
    throw new ConfigError(
      `roster: given another one of epoch ${epoch} (${given.digest}), wanted ${held.digest}, with which this replica ran`,
    );
  }
  if (held !== null) return held;
  if (given.roster.epoch !== epoch) {
    throw new ConfigError(
      `roster: given one of epoch ${given.roster.epoch}, wanted that of epoch ${epoch}, in which this replica ran last`,
    );
  }
  archive.put(epoch, bytesOf(given), null);
  return given;
}

/** Returns the path of the copy of the roster in force, which only says what a replica's process may reach. */
export const rosterCopy = (dataDir: string): string => `${dataDir}/replica.roster`;

/** Returns the path of the copy of the roster that this replica has left with: it listens at the address of the one before, and serves the members of this one. */
export const leftCopy = (dataDir: string): string => `${dataDir}/replica.left`;
