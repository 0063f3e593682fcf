/** Fetches the snapshot of a checkpoint: its head, then the lists, then the chunks, each level named by the one before (§8.3). */
import type { CheckpointProof } from "../../protocol/certificate.ts";
import type { Digest } from "../../protocol/ids.ts";
import { readManifestHead, readManifestList } from "../../protocol/snapshot/snapshot_manifest.ts";
import { fetchChunks } from "./fetch_chunks.ts";
import type { Gathering } from "./gathering.ts";

/**
 * Returns the digests of all chunks of the snapshot that `checkpoint` proves, in backup order; the chunks themselves are then in the
 * scratch file. Null if the sources have dropped some of them. Throws {@linkcode NoSourceError}.
 */
export async function fetchSnapshot(
  gathering: Gathering,
  { stable: { stateDigest } }: CheckpointProof,
): Promise<readonly Digest[] | null> {
  const read = (digest: Digest): Uint8Array => gathering.scratch.read(gathering.chunks.get(digest)!);
  if (!await fetchChunks(gathering, [stateDigest])) return null;
  const head = readManifestHead(read(stateDigest));
  if (!await fetchChunks(gathering, head.lists)) return null;
  const chunks = head.lists.flatMap((digest, at) => readManifestList(head, at, read(digest)));
  if (!await fetchChunks(gathering, chunks)) return null;
  return [stateDigest, ...head.lists, ...chunks];
}
