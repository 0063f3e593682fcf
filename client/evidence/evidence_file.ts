/** Evidence files: what one replica holds against others, for anyone with the rosters to check (§9.1). */
import {
  type Field,
  parseJson,
  readBase64,
  readId,
  readInteger,
  readList,
  readObject,
  refuse,
} from "../../crypto/strict_json.ts";
import type { EvidenceOfEpoch } from "../../protocol/evidence.ts";
import { LIMITS } from "../../protocol/limits.ts";
import { DecodeError, evidenceCodec } from "../../transport/codec/mod.ts";

/** Above a bad entry of the longest kind by each of the f faulty replicas that there may be. */
export const MAX_EVIDENCE_FILE_BYTES = 64 * 1024 * 1024;

/** Pieces in one file: all that a disk may hold of 16 epochs. */
export const MAX_PIECES = 4096;

/** The content of an evidence file. Nobody signs it: each piece proves itself. */
export interface EvidenceFile {
  /** Cluster id. */
  readonly cluster: string;
  /** The replica that held it. */
  readonly holder: string;
  readonly evidence: readonly EvidenceOfEpoch[];
}

/** Returns the text of an evidence file; each proof in the encoding of `docs/wire.md`, in Base64. */
export function evidenceFileText({ cluster, holder, evidence }: EvidenceFile): string {
  const pieces = evidence.map(({ epoch, evidence: piece }) => ({
    ...{ epoch, kind: piece.kind, culprit: piece.culprit, proof: evidenceCodec.encode(piece).toBase64() },
  }));
  return `${JSON.stringify({ cluster, holder, evidence: pieces }, null, 2)}\n`;
}

/** A piece that names no epoch is of the first. */
function readPiece(field: Field): EvidenceOfEpoch {
  const fields = readObject(field, ["epoch", "kind", "culprit", "proof"], { epoch: 1 });
  const epoch = readInteger(fields.epoch, 1, LIMITS.maxInteger);
  try {
    const evidence = evidenceCodec.decode(readBase64(fields.proof));
    if (fields.kind.value !== evidence.kind) refuse(fields.kind, `"${evidence.kind}", as its proof says`);
    if (fields.culprit.value !== evidence.culprit) refuse(fields.culprit, `"${evidence.culprit}", as its proof says`);
    return { epoch, evidence };
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    return refuse(fields.proof, "an encoded piece of evidence", `bytes that are none (${cause.message})`);
  }
}

/** Parses an evidence file strictly, without judging it. Throws `ConfigError`. */
export function parseEvidenceFile(text: string): EvidenceFile {
  const fields = readObject(parseJson(text, MAX_EVIDENCE_FILE_BYTES), ["cluster", "holder", "evidence"]);
  const evidence = readList(fields.evidence, 1, MAX_PIECES).map(readPiece);
  return { cluster: readId(fields.cluster), holder: readId(fields.holder), evidence };
}
