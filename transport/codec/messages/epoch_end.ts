/** Ends of epochs (§13.4), as they are sent, kept on disks and in backups, and shown to clients. */
import type { CheckpointProof } from "../../../protocol/certificate.ts";
import type { EpochEnd } from "../../../protocol/epochs/epoch_end.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import { epoch, hash } from "../fields.ts";
import { list, refine, type Schema, struct } from "../schema.ts";
import { checkpointProof } from "./certificate.ts";
import { entry } from "./entry.ts";
import { type Codec, codec } from "./storage.ts";

/** Nothing lies behind a stop-sign, so there is nothing to link to. */
const proofOfEnd: Schema<CheckpointProof> = refine(
  checkpointProof,
  ({ commit: { links } }) => links.length === 0 ? null : `wanted no links, got ${links.length}`,
);

export const epochEnd: Schema<EpochEnd> = struct<EpochEnd>({ epoch, proof: proofOfEnd, before: hash, entry });

export const epochEndCodec: Codec<EpochEnd> = codec("EpochEnd", epochEnd);

/** Payload of the answer to GetEpochs: the ends from the epoch asked for on, as many as fit. */
export const epochsAnswerCodec: Codec<readonly EpochEnd[]> = codec("EpochsAnswer", list(epochEnd, LIMITS.maxEpochEnds));
