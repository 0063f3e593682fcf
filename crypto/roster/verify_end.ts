/** Ends of epochs, checked by whoever has the epoch's roster (§13.4, §13.12): it takes a later roster in no other way. */
import type { Membership } from "../../protocol/config.ts";
import { type EpochEnd, isPlausibleEnd, nextAfter } from "../../protocol/epochs/epoch_end.ts";
import { firstGenesis } from "../../protocol/hash_chain.ts";
import type { ReplicaId } from "../../protocol/ids.ts";
import { quorumOf } from "../../protocol/quorum.ts";
import { ofEpochEnd } from "../../protocol/signatures.ts";
import { sha256Hex } from "../digest.ts";
import type { SignatureBackend } from "../signing/backend.ts";
import { createMessageVerifier } from "../signing/unsigned.ts";
import { createChangeJudge } from "./change_judge.ts";
import { createKeyRing } from "./key_ring.ts";
import { epochNameOf, type RosterFile, type SignedRoster } from "./parse_roster.ts";
import type { Roster } from "./roster_types.ts";

/** An epoch's end, and the roster it leads to. */
export interface Step {
  readonly end: EpochEnd;
  readonly next: SignedRoster;
}

/** Only replicas know where a later epoch began; no end needs it, as it is certified by signatures alone. */
function membersOf({ cluster: clusterId, constants, epoch, replicas, clients }: Roster): Membership {
  const ids = replicas.map(({ id }) => id);
  const config = {
    ...{ clusterId, constants, self: ids[0]!, replicas: ids, seed: 0 },
    clients: new Set(clients.map(({ id }) => id)),
  };
  const genesis = { ...firstGenesis(sha256Hex, clusterId), epoch };
  return { config, quorumSizes: quorumOf(ids.length, constants.profile), genesis };
}

/** §13.13: every signature in it is by a replica of the epoch's own roster, and made for that epoch. */
function isSigned(current: RosterFile, end: EpochEnd, backend: SignatureBackend): boolean {
  const keys = createKeyRing(current.roster);
  const verifier = createMessageVerifier(current.roster.constants, backend, epochNameOf(current));
  return ofEpochEnd(end).every(({ kind, signer, signed: { body, signature } }) => {
    const key = keys.replicaKey(signer as ReplicaId);
    return key !== null && verifier.verify(kind, body, signature, key);
  });
}

/**
 * Returns the roster that follows `current`, if `end` proves that its epoch ended with that; null if it proves nothing. In the `crash` profile, where replicas
 * sign nothing, the operators' signatures alone are checked (§13.14): whoever shows it has to be believed.
 */
export function verifyEnd(current: RosterFile, end: EpochEnd, backend: SignatureBackend): SignedRoster | null {
  const members = membersOf(current.roster);
  if (!isPlausibleEnd(members, end)) return null;
  const next = nextAfter(members, sha256Hex, createChangeJudge(current, backend), end);
  return next !== null && isSigned(current, end, backend) ? next : null;
}

/** Returns the steps that `ends` lead to from `current`, one after the other, up to the first end that proves nothing. Ends of earlier epochs are passed over. */
export function followEnds(current: RosterFile, ends: readonly EpochEnd[], backend: SignatureBackend): Step[] {
  const steps: Step[] = [];
  let from = current;
  for (const end of ends) {
    if (end.epoch < from.roster.epoch) continue;
    const next = verifyEnd(from, end, backend);
    if (next === null) break;
    steps.push({ end, next });
    from = next;
  }
  return steps;
}
