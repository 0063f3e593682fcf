/** Parses JSON sent by replicas. Any of them may be Byzantine, so depth is bounded before anything walks the value. */

/** A parsed JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

const MAX_DEPTH = 24;
const UTF8 = new TextDecoder("utf-8", { fatal: true });

/** Returns the JSON value in `payload`, or undefined if it is not JSON or nests deeper than 24. */
export function parsePayload(payload: Uint8Array): Json | undefined {
  try {
    const value: Json = JSON.parse(UTF8.decode(payload));
    return shallow(value, MAX_DEPTH) ? value : undefined;
  } catch {
    // Not UTF-8 or not JSON: the caller decides what that means.
    return undefined;
  }
}

function shallow(value: Json, depth: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  return depth > 0 && Object.values(value).every((item) => shallow(item, depth - 1));
}

/** Returns whether `value` is an object with named members. */
export const isRecord = (value: Json | undefined): value is { readonly [name: string]: Json } =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Returns the reason in a refusing answer's `{"error": …}`, cut to 200 characters and stripped of control characters. */
export function refusalReason(payload: Uint8Array): string {
  const value = parsePayload(payload);
  const reason = isRecord(value) ? value["error"] : undefined;
  return typeof reason === "string" ? printable(reason, 200) : "no reason given";
}

/** Returns `text` cut to `max` characters, with everything that could control a terminal replaced. */
export function printable(text: string, max: number): string {
  // deno-lint-ignore no-control-regex -- control characters are exactly what is looked for
  return text.slice(0, max).replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, "\ufffd");
}
