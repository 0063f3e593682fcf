/** Answers to a client that makes a backup (§8.3). All of it proves itself; none of it is secret from a client that may read everything. */
import type { Entry } from "../../protocol/entry.ts";
import type { EpochEnd } from "../../protocol/epochs/epoch_end.ts";
import type { Digest, LogIndex } from "../../protocol/ids.ts";
import { LIMITS } from "../../protocol/limits.ts";
import type { ChunkReader } from "../../protocol/ports.ts";
import {
  checkpointAnswerCodec,
  chunksAnswerCodec,
  entriesAnswerCodec,
  epochEndCodec,
  epochsAnswerCodec,
} from "../../transport/codec/mod.ts";
import { slice } from "../core/log/log.ts";
import type { CoreState } from "../core/state.ts";
import { INGRESS_LIMITS } from "../limits/ingress_limits.ts";
import type { EpochArchive } from "../storage/port.ts";
import type { QueryAnswer } from "./replier.ts";

/** Room in a payload for everything but the chunks or the entries: version, counts, indexes. */
const HEADER_BYTES = 64;
const ROOM = LIMITS.maxReplyBytes - HEADER_BYTES;
/** Bytes of a chunk's length; of an entry's index, term and length. */
const CHUNK_FRAMING = 4;
const ENTRY_FRAMING = 8 + 8 + 4;

/** Returns the stable checkpoint this replica would start from, and its latest commit certificate. */
export const latestCheckpoint = ({ checkpoints, commitCertificate }: CoreState): QueryAnswer => ({
  ok: true,
  payload: checkpointAnswerCodec.encode({ checkpoint: checkpoints.stableProof, certificate: commitCertificate }),
});

/** Returns those of `digests` that are on disk, as many as fit; one always does. */
export function chunksHeld(chunks: Pick<ChunkReader, "read">, digests: readonly Digest[]): QueryAnswer {
  const found: Uint8Array[] = [];
  let bytes = 0;
  let lookups = 0;
  for (const digest of digests) {
    lookups++;
    const chunk = chunks.read(digest);
    if (chunk === null) continue;
    bytes += CHUNK_FRAMING + chunk.length;
    if (bytes > ROOM) break;
    found.push(chunk);
  }
  const workBytes = lookups * INGRESS_LIMITS.chunkLookupBytes;
  return { ok: true, payload: chunksAnswerCodec.encode(found), workBytes };
}

/** Returns committed entries from `from` on, as many as fit; one always does. None if they were dropped or are not committed here. */
export function committedEntries({ log, commitIndex }: CoreState, from: LogIndex): QueryAnswer {
  const { index: base } = log.base;
  const entries: Entry[] = [];
  if (from > base && from <= commitIndex) {
    const last = Math.min(commitIndex, from + LIMITS.maxFetchEntries - 1) as LogIndex;
    let bytes = 0;
    for (const { entry } of slice(log, (from - 1) as LogIndex, last)) {
      bytes += ENTRY_FRAMING + entry.body.length;
      if (bytes > ROOM) break;
      entries.push(entry);
    }
  }
  return { ok: true, payload: entriesAnswerCodec.encode({ base, commitIndex, entries }) };
}

/** Returns the ends of epochs from `epoch` on, as many as fit: none if that one has not ended here (§13.12). */
export function endsFrom(archive: EpochArchive, epoch: number): QueryAnswer {
  const ends: EpochEnd[] = [];
  let bytes = 0;
  for (let at = epoch; ends.length < LIMITS.maxEpochEnds; at++) {
    const end = archive.read(at)?.end ?? null;
    if (end === null || (bytes += end.length) > ROOM) break;
    ends.push(epochEndCodec.decode(end));
  }
  return { ok: true, payload: epochsAnswerCodec.encode(ends) };
}
