/** The chunks of a snapshot on this disk, and the check that all of them are held (§8.2, §8.3). */
import type { Digest } from "../../protocol/ids.ts";
import type { ChunkReader, Hash } from "../../protocol/ports.ts";
import { restoreSnapshot } from "../../protocol/snapshot/snapshot_restore.ts";

/**
 * Returns the digests of all chunks of the snapshot with `stateDigest`, its manifest included. The manifest is read and checked; of the
 * other chunks only that they are held, since each is checked when it is read for a restore. Throws a RangeError that names what is missing
 * or wrong.
 */
export function heldSnapshot(
  hash: Hash,
  stateDigest: Digest,
  chunks: Pick<ChunkReader, "has" | "read">,
): ReadonlySet<Digest> {
  const { digests } = restoreSnapshot(stateDigest, (digest) => chunks.read(digest), hash);
  const missing = digests.find((digest) => !chunks.has(digest));
  if (missing !== undefined) {
    throw new RangeError(`Chunk ${missing} of the snapshot ${stateDigest} is missing`);
  }
  return new Set(digests);
}
