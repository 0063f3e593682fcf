/** All that a client takes from the roster in force. */
import { createKeyRing, type KeyRing } from "../../crypto/roster/key_ring.ts";
import { epochNameOf, fileOf, type RosterFile, type SignedRoster } from "../../crypto/roster/parse_roster.ts";
import type { Roster } from "../../crypto/roster/roster_types.ts";
import type { SignatureBackend } from "../../crypto/signing/backend.ts";
import type { Verifier } from "../../crypto/signing/signing.ts";
import { createMessageVerifier } from "../../crypto/signing/unsigned.ts";
import type { VerifiedCache } from "../../crypto/signing/verified_cache.ts";
import type { ReplicaId } from "../../protocol/ids.ts";
import { quorumOf, type QuorumSizes } from "../../protocol/quorum.ts";
import { type ClientTimings, timingsFor } from "../loop/timings.ts";
import { answersNeeded } from "../session/reply_tally.ts";

export interface EpochView {
  readonly file: RosterFile;
  readonly roster: Roster;
  readonly replicas: readonly ReplicaId[];
  readonly ids: ReadonlySet<string>;
  readonly sizes: QuorumSizes;
  /** Equal answers that a write needs (§7.2, §7.4). */
  readonly needed: number;
  readonly timings: ClientTimings;
  readonly keys: KeyRing;
  /** Of what replicas sign in this epoch. */
  readonly verifier: Verifier;
}

/** The parts that are the same in every epoch. */
export interface ViewParts {
  readonly backend: SignatureBackend;
  readonly timings: Partial<ClientTimings> | undefined;
  /** Signatures that verified. */
  readonly verified: VerifiedCache;
}

/** Returns whether a roster has its signatures. */
export const hasSignatures = (given: Roster | RosterFile): given is SignedRoster => "isSigned" in given;

/** Returns the view of a roster. One that was given without its signatures has to have all of its members: else it has another digest. */
export function viewOf(given: Roster | SignedRoster, { backend, timings, verified }: ViewParts): EpochView {
  const file = hasSignatures(given) ? given : fileOf(given);
  const { roster } = file;
  const { constants } = roster;
  const replicas = roster.replicas.map(({ id }) => id);
  return {
    ...{ file, roster, replicas, ids: new Set(replicas) },
    sizes: quorumOf(replicas.length, constants.profile),
    needed: answersNeeded(replicas.length, constants.fastReads, constants.profile),
    timings: timingsFor(constants, timings),
    keys: createKeyRing(roster),
    verifier: createMessageVerifier(constants, backend, epochNameOf(file), verified),
  };
}
