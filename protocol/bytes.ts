/** Digests as bytes, and comparison of bytes. */
import type { Digest } from "./ids.ts";

/** Writes the 32 bytes of `value` into `into` at `at`. */
export function writeDigest(value: Digest, into: Uint8Array, at: number): void {
  for (let i = 0; i < 32; i++) into[at + i] = nibble(value, 2 * i) << 4 | nibble(value, 2 * i + 1);
}

function nibble(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code < 58 ? code - 48 : code - 87;
}

/** Returns whether two byte strings are the same. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
