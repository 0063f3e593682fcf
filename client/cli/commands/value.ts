/** Values on the command line and in output. */
import type { Json } from "../../calls/json_payload.ts";
import { printable } from "../../calls/json_payload.ts";
import type { CommandCall } from "./command.ts";

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Returns the value an operand stands for; `-` is standard input. */
export function operandValue(call: CommandCall, operand: string): Promise<Uint8Array> {
  return operand === "-" ? call.readStdin() : Promise.resolve(new TextEncoder().encode(operand));
}

/** Returns `bytes` as text, or null if they are not UTF-8. */
export function textOf(bytes: Uint8Array): string | null {
  try {
    return UTF8.decode(bytes);
  } catch {
    // Binary values are allowed; callers show them as base64.
    return null;
  }
}

/** Returns the JSON members for a value: `value` if it is UTF-8, else `valueBase64`. */
export function valueJson(bytes: Uint8Array): { readonly [name: string]: Json } {
  const text = textOf(bytes);
  return text === null ? { valueBase64: bytes.toBase64() } : { value: text };
}

/** Returns a value on one line of at most `max` characters, without anything that controls a terminal. */
export function valueLine(bytes: Uint8Array, max: number): string {
  const text = textOf(bytes);
  if (text === null) return `(${bytes.length} bytes, not UTF-8)`;
  return text.length > max ? `${printable(text, max - 1)}…` : printable(text, max);
}

/** Returns a key quoted for a message. */
export const quoted = (key: string): string => JSON.stringify(printable(key, 200));
