/** Evidence files: what one replica holds against others, for anyone with the roster to check (§9.1). */
import { ConfigError } from "../../crypto/config_error.ts";
import { type Field, parseJson, readId, readList, readObject, readString, refuse } from "../../crypto/strict_json.ts";
import type { Evidence } from "../../protocol/evidence.ts";
import { LIMITS } from "../../protocol/limits.ts";
import { DecodeError, evidenceCodec } from "../../transport/codec/mod.ts";

/** Above a bad entry of the longest kind by each of the f faulty replicas that there may be. */
export const MAX_EVIDENCE_FILE_BYTES = 64 * 1024 * 1024;

/** The content of an evidence file. Nobody signs it: each piece proves itself. */
export interface EvidenceFile {
  /** Cluster id. */
  readonly cluster: string;
  /** The replica that held it. */
  readonly holder: string;
  readonly evidence: readonly Evidence[];
}

/** Returns the text of an evidence file; each proof in the encoding of `docs/wire.md`, in Base64. */
export function evidenceFileText({ cluster, holder, evidence }: EvidenceFile): string {
  const pieces = evidence.map((piece) => ({
    ...{ kind: piece.kind, culprit: piece.culprit, proof: evidenceCodec.encode(piece).toBase64() },
  }));
  return `${JSON.stringify({ cluster, holder, evidence: pieces }, null, 2)}\n`;
}

function bytesOf(field: Field): Uint8Array {
  try {
    return Uint8Array.fromBase64(readString(field, /^[A-Za-z0-9+/]+={0,2}$/, "Base64"));
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause;
    return refuse(field, "Base64");
  }
}

function readPiece(field: Field): Evidence {
  const fields = readObject(field, ["kind", "culprit", "proof"]);
  try {
    const piece = evidenceCodec.decode(bytesOf(fields.proof));
    if (fields.kind.value !== piece.kind) refuse(fields.kind, `"${piece.kind}", as its proof says`);
    if (fields.culprit.value !== piece.culprit) refuse(fields.culprit, `"${piece.culprit}", as its proof says`);
    return piece;
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    return refuse(fields.proof, "an encoded piece of evidence", `bytes that are none (${cause.message})`);
  }
}

/** Parses an evidence file strictly, without judging it. Throws `ConfigError`. */
export function parseEvidenceFile(text: string): EvidenceFile {
  const fields = readObject(parseJson(text, MAX_EVIDENCE_FILE_BYTES), ["cluster", "holder", "evidence"]);
  const evidence = readList(fields.evidence, 1, LIMITS.maxEvidence).map(readPiece);
  return { cluster: readId(fields.cluster), holder: readId(fields.holder), evidence };
}
