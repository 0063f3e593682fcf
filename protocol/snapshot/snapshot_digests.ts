/** Lists of digests as bytes: 32 for each, one behind the other, in lists that fit a chunk (§8.3). */
import { DIGEST_BYTES } from "../bytes/sizes.ts";
import { type Digest, digest } from "../ids.ts";

/** The bytes of `digests`, one behind the other. */
export const joinDigests = (digests: readonly Digest[]): Uint8Array => Uint8Array.fromHex(digests.join(""));

/** Returns the `count` digests in `bytes`. Throws a RangeError that says what is wrong unless there are exactly that many. */
export function splitDigests(bytes: Uint8Array, count: number): Digest[] {
  if (bytes.length !== count * DIGEST_BYTES) {
    throw new RangeError(`holds ${bytes.length} bytes of digests, ${count * DIGEST_BYTES} are wanted for ${count}`);
  }
  const text = bytes.toHex();
  return Array.from({ length: count }, (_, i) => {
    return digest(text.slice(i * 2 * DIGEST_BYTES, (i + 1) * 2 * DIGEST_BYTES));
  });
}

/** Returns the bytes of `digests` in lists of `perList` each, the remainder in the last. */
export function listDigests(digests: readonly Digest[], perList: number): Uint8Array[] {
  const lists: Uint8Array[] = [];
  for (let at = 0; at < digests.length; at += perList) lists.push(joinDigests(digests.slice(at, at + perList)));
  return lists;
}

/** Returns the number of lists that `total` digests take. */
export const listsFor = (total: number, perList: number): number => Math.ceil(total / perList);

/** Returns the number of the `total` digests that list number `at`, from 0, holds. */
export const digestsInList = (total: number, perList: number, at: number): number =>
  Math.min(perList, total - at * perList);
