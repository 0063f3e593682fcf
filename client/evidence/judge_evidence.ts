/** Judges evidence by the roster of its epoch (§9.1b, §13.13), offline: what a replica does with evidence it is sent, for anybody who holds a piece. */
import { sha256Hex } from "../../crypto/digest.ts";
import { createKeyRing } from "../../crypto/roster/key_ring.ts";
import { asFile, epochNameOf, type RosterFile } from "../../crypto/roster/parse_roster.ts";
import type { Roster } from "../../crypto/roster/roster_types.ts";
import type { SignatureBackend } from "../../crypto/signing/backend.ts";
import { createVerifier } from "../../crypto/signing/signing.ts";
import { trustsReplicas } from "../../protocol/config.ts";
import { contradicts, type Evidence } from "../../protocol/evidence.ts";
import type { ClientId, ReplicaId } from "../../protocol/ids.ts";
import { ofEntry, ofEvidence, type SignatureClaim } from "../../protocol/signatures.ts";

/** A judgement of one piece. */
export interface Judgement {
  readonly epoch: number;
  readonly kind: Evidence["kind"];
  readonly culprit: ReplicaId;
  /** True if it proves that the culprit is faulty. */
  readonly convicted: boolean;
  /** The offence in words, or what is wrong with the evidence. */
  readonly text: string;
}

/**
 * Returns a judge of the evidence of one epoch, by the keys of its roster. Another roster may judge otherwise: what replicas sign is good in one epoch alone, and it
 * may know other clients.
 */
export function evidenceJudge(
  given: Roster | RosterFile,
  backend: SignatureBackend,
): (evidence: Evidence) => Judgement {
  const file = asFile(given);
  const { roster } = file;
  const keys = createKeyRing(roster);
  const verifier = createVerifier(backend, epochNameOf(file));
  const holds = ({ role, signer, kind, signed }: SignatureClaim): boolean => {
    const key = role === "replica" ? keys.replicaKey(signer as ReplicaId) : keys.clientKey(signer as ClientId);
    return key !== null && verifier.verify(kind, signed.body, signed.signature, key);
  };
  return (evidence) => {
    const { kind, culprit } = evidence;
    const fault = trustsReplicas(roster.constants)
      ? "nothing is signed in the crash profile, so nothing convicts (§1.4)"
      : keys.replicaKey(culprit) === null
      ? `${culprit} is no replica of this roster`
      : faultOf(evidence, holds);
    return { epoch: roster.epoch, kind, culprit, convicted: fault === null, text: fault ?? offence(evidence) };
  };
}

/** Returns what is wrong with the evidence; null if it convicts. Hashes come first, as for evidence from the wire. */
function faultOf(evidence: Evidence, holds: (claim: SignatureClaim) => boolean): string | null {
  if (!contradicts(evidence, sha256Hex)) return "what it shows is no contradiction";
  if (!ofEvidence(evidence).every(holds)) return `it carries a signature that is not ${evidence.culprit}'s`;
  if (evidence.kind !== "bad-entry") return null;
  const last = evidence.entries.at(-1)!;
  return last.requests !== null && ofEntry(last).every(holds) ? "the entry it shows is good" : null;
}

function offence(evidence: Evidence): string {
  switch (evidence.kind) {
    case "equivocation":
      return `§9.1: as leader of term ${evidence.first.message.term} it signed two chains that differ`;
    case "double-ack":
      return `§9.1: in term ${evidence.first.message.term} it acked two different entries at one index`;
    case "double-vote":
      return `§9.1: in term ${evidence.first.message.term} it signed two different votes`;
    case "bad-entry":
      return `§9.1, §3.2: as leader of term ${evidence.header.message.term} it signed an entry that holds a request ` +
        "which no client of the roster signed, or no list of requests";
    default:
      return evidence satisfies never;
  }
}
