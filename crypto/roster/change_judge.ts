/** Judging changes of the roster: the same verdict at every replica, from the roster in force and the command alone (§13.2). */
import type { Digest } from "../../protocol/ids.ts";
import {
  type ChangeCommand,
  type ChangeRefusal,
  decodeChange,
  encodeChange,
} from "../../protocol/operations/change.ts";
import type { JsonObject } from "../canonical_json.ts";
import { ConfigError } from "../config_error.ts";
import { hex, sha256Hex, sha256HexOfTwo, unhex } from "../digest.ts";
import type { SignatureBackend } from "../signing/backend.ts";
import { domainPrefix } from "../signing/signing.ts";
import { applyDifference, differenceOf } from "./difference.ts";
import { haveSigned, operatorsOf } from "./operators.ts";
import type { RosterFile, SignedRoster } from "./parse_roster.ts";
import { rosterBody, rosterDigest } from "./roster.ts";
import { faultOfSuccessor } from "./roster_chain.ts";
import { readRosterFields } from "./roster_fields.ts";
import type { Roster } from "./roster_types.ts";

/** A verdict: the roster that a valid change leads to, or what is wrong. */
export type ChangeVerdict =
  | { readonly next: SignedRoster; readonly refusal: null }
  | { readonly next: null; readonly refusal: ChangeRefusal };

/** Judges commands by the roster in force. */
export interface ChangeJudge {
  /** The roster in force. */
  readonly current: RosterFile;
  /** Never throws, whatever the bytes. */
  judge(command: Uint8Array): ChangeVerdict;
}

/** Verdicts remembered: one command is judged at ingress, before it is appended, and where it is applied. Twice as many as a packet may have entries. */
const MAX_REMEMBERED = 2 * 64;

const refused = (refusal: ChangeRefusal): ChangeVerdict => ({ next: null, refusal });

/** Returns the digest that operators sign of a roster as it was received. */
const signedDigest = (raw: unknown, cluster: string, known: WeakMap<object, string> | null = null): Digest =>
  sha256HexOfTwo(domainPrefix("Roster", cluster), rosterBody(raw, known));

/**
 * Returns the command that leads from one roster to the next. Throws `ConfigError` if the difference is too much for one command.
 */
export function changeOf(before: SignedRoster, next: SignedRoster): Uint8Array {
  const signatures = [...next.signatures].sort(([a], [b]) => (a < b ? -1 : 1));
  return encodeChange({
    epoch: next.roster.epoch,
    previous: before.digest,
    signed: signedDigest(next.raw, next.roster.cluster),
    signatures: signatures.map(([key, signature]) => ({ key: unhex(key), signature: unhex(signature) })),
    difference: differenceOf(before, next),
  });
}

/** Returns whether `command` names what it leads to as `next`: for whoever has that roster, and not the one before it. */
export function isChangeTo({ roster, raw }: RosterFile, command: Uint8Array): boolean {
  const change = decodeChange(command);
  return change !== null && change.epoch === roster.epoch && change.previous === roster.previous &&
    change.signed === signedDigest(raw, roster.cluster);
}

function readRoster(raw: JsonObject, backend: SignatureBackend): Roster | null {
  try {
    return readRosterFields({ path: "$", value: raw }, backend);
  } catch (cause) {
    if (cause instanceof ConfigError) return null;
    throw cause;
  }
}

/** §13.2: whatever is cheap to see is looked at first, and the difference only if enough operators signed for it. */
function faultOfFrame(current: RosterFile, change: ChangeCommand, backend: SignatureBackend): ChangeRefusal | null {
  if (change.epoch !== current.roster.epoch + 1) return "epoch";
  if (change.previous !== current.digest) return "previous";
  const named = new Set(change.signatures.map(({ key }) => hex(key)));
  if (!haveSigned(operatorsOf(current.roster), named)) return "operators";
  const digest = unhex(change.signed);
  return change.signatures.every(({ key, signature }) => backend.verify(signature, digest, key)) ? null : "signature";
}

/** `known` has the texts of the lines of clients, of which there may be thousands: nobody may have them written anew by what is not valid. */
function judgeChange(
  current: RosterFile,
  change: ChangeCommand,
  backend: SignatureBackend,
  known: WeakMap<object, string>,
): ChangeVerdict {
  const fault = faultOfFrame(current, change, backend);
  if (fault !== null) return refused(fault);
  const raw = applyDifference(current.raw, change.difference);
  if (raw === null || signedDigest(raw, current.roster.cluster, known) !== change.signed) return refused("difference");
  const roster = readRoster(raw, backend);
  if (roster === null) return refused("roster");
  const signatures = new Map(change.signatures.map(({ key, signature }) => [hex(key), hex(signature)]));
  const found = faultOfSuccessor(current, roster, signatures);
  if (found !== null) return refused(found.refusal);
  return { next: { roster, digest: rosterDigest(raw), raw, signatures, isSigned: true }, refusal: null };
}

/** Returns a judge by the roster `current`, which remembers its last verdicts. */
export function createChangeJudge(current: RosterFile, backend: SignatureBackend): ChangeJudge {
  const verdicts = new Map<Digest, ChangeVerdict>();
  const lines = new WeakMap<object, string>();
  return {
    current,
    judge(command) {
      const digest = sha256Hex(command);
      const known = verdicts.get(digest);
      if (known !== undefined) return known;
      const change = decodeChange(command);
      const verdict = change === null ? refused("malformed") : judgeChange(current, change, backend, lines);
      if (verdicts.size >= MAX_REMEMBERED) verdicts.delete(verdicts.keys().next().value!);
      verdicts.set(digest, verdict);
      return verdict;
    },
  };
}
