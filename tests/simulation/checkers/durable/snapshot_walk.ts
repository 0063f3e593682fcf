/** Checks that a disk holds a whole snapshot: a walk from its head over the lists to every chunk (`docs/snapshots.md`). */
import { sha256Hex } from "../../../../crypto/digest.ts";
import type { Digest } from "../../../../protocol/ids.ts";

const DIGEST_BYTES = 32;
const HEAD_BYTES = 9;

/** Bytes that match their digest; chunks never change, so each is checked once. */
const checked = new WeakMap<Uint8Array, Digest>();

/** Describes what the snapshot with `stateDigest` lacks among `chunks`; null if it is whole. */
export function lacksOfSnapshot(chunks: ReadonlyMap<Digest, Uint8Array>, stateDigest: Digest): string | null {
  const head = chunkOf(chunks, stateDigest);
  if (head === null) return `its head ${stateDigest.slice(0, 8)}`;
  for (const list of digestsIn(head.subarray(HEAD_BYTES))) {
    const bytes = chunkOf(chunks, list);
    if (bytes === null) return `list ${list.slice(0, 8)}`;
    const missing = digestsIn(bytes).find((digest) => chunkOf(chunks, digest) === null);
    if (missing !== undefined) return `chunk ${missing.slice(0, 8)}`;
  }
  return null;
}

function chunkOf(chunks: ReadonlyMap<Digest, Uint8Array>, digest: Digest): Uint8Array | null {
  const bytes = chunks.get(digest);
  if (bytes === undefined) return null;
  const known = checked.get(bytes) ?? sha256Hex(bytes);
  checked.set(bytes, known);
  return known === digest ? bytes : null;
}

function digestsIn(bytes: Uint8Array): Digest[] {
  const text = bytes.toHex();
  return Array.from(
    { length: bytes.length / DIGEST_BYTES },
    (_, at) => text.slice(2 * DIGEST_BYTES * at, 2 * DIGEST_BYTES * (at + 1)) as Digest,
  );
}
