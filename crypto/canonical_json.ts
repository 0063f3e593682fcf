/** Canonical JSON: one text for each JSON value, so that a signature over a document does not depend on its layout. */

/** A value of JSON. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;

/** An object of JSON. */
export interface JsonObject {
  readonly [name: string]: JsonValue;
}

/** Returns whether `value` is an object of JSON, which a list is not. */
export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * Returns JSON with object keys in the order of their UTF-16 code units and no white space. Accepts what rosters are made of: well-formed
 * strings, safe integers, booleans, null, lists and plain objects; throws `TypeError` on anything else, since two programs might write
 * that differently.
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "string" && value.isWellFormed()) return JSON.stringify(value);
  if (typeof value === "number" && Number.isSafeInteger(value)) return String(value === 0 ? 0 : value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value === "object") return canonicalObject(value);
  throw new TypeError(
    `canonical JSON: given ${typeof value}, wanted well-formed strings, safe integers, booleans, null, lists and objects`,
  );
}

function canonicalObject(value: object): string {
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([name, member]) => `${canonicalJson(name)}:${canonicalJson(member)}`).join(",")}}`;
}
