/** Values in JSON. */
import type { Json } from "./json_payload.ts";

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Returns `bytes` as text, or null if they are not UTF-8. */
export function textOf(bytes: Uint8Array): string | null {
  try {
    return UTF8.decode(bytes);
  } catch {
    // Binary values are allowed; callers show them as base64.
    return null;
  }
}

/** Returns the JSON member for a value: `value` if it is UTF-8, and `valueBase64` if not. */
export function valueJson(bytes: Uint8Array): { readonly [name: string]: Json } {
  const text = textOf(bytes);
  return text === null ? { valueBase64: bytes.toBase64() } : { value: text };
}
