const encoder = new TextEncoder();

/** Returns the bytes of a text of ASCII. */
export const ascii = (text: string): Uint8Array => encoder.encode(text);

/** Returns bytes as text, with a dot for whatever is not printable: what a peer sent can be logged. */
export function printable(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".";
  return text;
}

/** Returns whether `bytes` has `prefix` at `at`. */
export function hasAt(bytes: Uint8Array, at: number, prefix: Uint8Array): boolean {
  if (at + prefix.length > bytes.length) return false;
  for (let place = 0; place < prefix.length; place++) if (bytes[at + place] !== prefix[place]) return false;
  return true;
}

/** Returns all arrays one after the other. */
export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
