/** Short ASCII text as bytes, without the call into the runtime that a TextEncoder makes (1 µs each). */

/** Writes `text`, which must be ASCII, into `bytes` from `at` on. */
export function putAscii(bytes: Uint8Array, at: number, text: string): void {
  for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i);
}
