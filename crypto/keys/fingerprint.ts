/** Fingerprints: short digests that two people compare, by phone or on paper, to be sure that they look at the same keys. */
import { canonicalJson } from "../canonical_json.ts";
import { sha256 } from "../digest.ts";
import type { KeyKind } from "./key_kind.ts";

/** Digits and letters without I, L, O and U, which are read or heard as others. */
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const BITS_PER_CHAR = 5;
const GROUPS = 5;
const GROUP_CHARS = 5;
const TAG = "bft-raft/v2/Fingerprint";

/** The subject of a fingerprint: a member's id and kind, and both its public keys. */
export interface Fingerprinted {
  readonly cluster: string;
  readonly kind: KeyKind;
  readonly id: string;
  readonly publicKey: string;
  readonly curveKey: string;
}

/**
 * Returns the first 125 bits of `digest` as five groups of five characters, such as `7QX2M-…`. Too long to find other keys with the same one,
 * short enough to be read out.
 */
export function readable(digest: Uint8Array): string {
  let bits = 0n;
  for (const byte of digest) bits = bits << 8n | BigInt(byte);
  const total = 8 * digest.length;
  const chars = Array.from({ length: GROUPS * GROUP_CHARS }, (_, i) => {
    const shift = BigInt(total - BITS_PER_CHAR * (i + 1));
    return ALPHABET[Number(bits >> shift & 31n)]!;
  }).join("");
  return Array.from({ length: GROUPS }, (_, i) => chars.slice(GROUP_CHARS * i, GROUP_CHARS * (i + 1))).join("-");
}

/** Returns the fingerprint of a member, the same whether it is taken of a key file, a request or a roster. */
export function fingerprintOf({ cluster, kind, id, publicKey, curveKey }: Fingerprinted): string {
  const text = canonicalJson([TAG, cluster, kind, id, publicKey, curveKey]);
  return readable(sha256(new TextEncoder().encode(text)));
}
