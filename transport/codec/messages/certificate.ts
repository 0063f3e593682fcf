/** Certificates, election and checkpoint proofs. The core judges whose signatures they hold, and whether these suffice. */
import type {
  Certificate,
  CheckpointProof,
  CommitCertificate,
  ElectionProof,
  PrepareCertificate,
  StableCheckpoint,
} from "../../../protocol/certificate.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import { hash, link, logIndex, signed, term } from "../fields.ts";
import { constant, list, type Schema, struct } from "../schema.ts";
import { union } from "../union.ts";
import { appendEntriesResponse, vote } from "./peer_messages.ts";
import { checkpoint } from "./recovery_messages.ts";

const responses = list(signed("AppendEntriesResponse", appendEntriesResponse), LIMITS.maxReplicas);

/** §5.5. */
const prepare = struct<PrepareCertificate>({
  kind: constant("prepare"),
  term,
  index: logIndex,
  hash,
  responses,
});

/** §5.6, without the byte that tells it from a prepare certificate. */
export const commit: Schema<CommitCertificate> = struct<CommitCertificate>({
  kind: constant("commit"),
  term,
  index: logIndex,
  hash,
  links: list(link, LIMITS.maxLinks),
  responses,
});

/** One byte, 1 prepare or 2 commit, then its fields. */
export const certificate: Schema<Certificate> = union<Certificate>({
  prepare: [1, prepare],
  commit: [2, commit],
});

/** §6.7. */
export const electionProof: Schema<ElectionProof> = struct<ElectionProof>({
  base: certificate,
  votes: list(signed("Vote", vote), LIMITS.maxReplicas),
});

/** §8.2. */
const stableCheckpoint = struct<StableCheckpoint>({
  index: logIndex,
  hash,
  stateDigest: hash,
  checkpoints: list(signed("Checkpoint", checkpoint), LIMITS.maxReplicas),
});

/** §8.3: the stable checkpoint, then the fields of a commit certificate without the byte for its kind. */
export const checkpointProof: Schema<CheckpointProof> = struct<CheckpointProof>({ stable: stableCheckpoint, commit });
