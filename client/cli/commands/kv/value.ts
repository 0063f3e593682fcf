/** Values on the command line and in output. */
import { KV_LIMITS } from "../../../../state_machine/mod.ts";
import type { Json } from "../../../calls/json_payload.ts";
import { printable } from "../../../calls/json_payload.ts";
import { textOf, valueJson as plainJson } from "../../../calls/value_json.ts";
import { UsageError } from "../../../errors.ts";
import type { CommandCall } from "../command.ts";

const MAX_SHOWN_CHARS = 40;

/** Options of commands that take or show a value: how its bytes are written. */
export const ENCODINGS = {
  hex: { value: null, summary: "VALUE is hexadecimal digits, white space aside" },
  base64: { value: null, summary: "VALUE is base64 (RFC 4648, with padding), white space aside" },
} as const;
type Encoding = keyof typeof ENCODINGS;

/** Bytes of standard input that hold the longest value in any encoding, with a line end behind every second digit. */
const MAX_ENCODED_BYTES = 4 * KV_LIMITS.maxValueBytes;

/** Returns the encoding that was asked for, or null. Throws {@linkcode UsageError} if both were. */
export function encodingOf({ options }: Pick<CommandCall, "options">): Encoding | null {
  if ("hex" in options && "base64" in options) {
    throw new UsageError("value was given with --hex and --base64; wanted one of them");
  }
  return "hex" in options ? "hex" : "base64" in options ? "base64" : null;
}

/** Returns the value an operand stands for; `-` is standard input. Throws {@linkcode UsageError} if it is not in the encoding asked for. */
export async function operandValue(call: CommandCall, operand: string): Promise<Uint8Array> {
  const encoding = encodingOf(call);
  const limit = encoding === null ? KV_LIMITS.maxValueBytes : MAX_ENCODED_BYTES;
  const bytes = operand === "-" ? await call.readStdin(limit) : new TextEncoder().encode(operand);
  return encoding === null ? bytes : decoded(encoding, textOf(bytes) ?? "bytes that are not UTF-8");
}

function decoded(encoding: Encoding, text: string): Uint8Array {
  const digits = text.replaceAll(/\s/g, "");
  try {
    return encoding === "hex"
      ? Uint8Array.fromHex(digits)
      : Uint8Array.fromBase64(digits, { lastChunkHandling: "strict" });
  } catch {
    const wanted = encoding === "hex" ? "an even number of hexadecimal digits" : "base64 with its padding";
    const given = JSON.stringify(printable(text, MAX_SHOWN_CHARS));
    throw new UsageError(`VALUE was given ${given} with --${encoding}; wanted ${wanted}`);
  }
}

/** Returns the JSON members for a value: in the encoding asked for, or else `value` if it is UTF-8 and `valueBase64` if not. */
export function valueJson(bytes: Uint8Array, encoding: Encoding | null = null): { readonly [name: string]: Json } {
  if (encoding === "hex") return { valueHex: bytes.toHex() };
  if (encoding === "base64") return { valueBase64: bytes.toBase64() };
  return plainJson(bytes);
}

/** Returns a value on one line of at most `max` characters, without anything that controls a terminal. */
export function valueLine(bytes: Uint8Array, max: number): string {
  const text = textOf(bytes);
  if (text === null) return `(${bytes.length} bytes, not UTF-8)`;
  return text.length > max ? `${printable(text, max - 1)}…` : printable(text, max);
}

/** Returns a key quoted for a message. */
export const quoted = (key: string): string => JSON.stringify(printable(key, 200));
