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
 * that differently. Texts of objects that are never changed may be kept in `known`, where many values share them.
 */
export function canonicalJson(value: unknown, known: WeakMap<object, string> | null = null): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "string" && value.isWellFormed()) return JSON.stringify(value);
  if (typeof value === "number" && Number.isSafeInteger(value)) return String(value === 0 ? 0 : value);
  if (Array.isArray(value)) return `[${value.map((each) => canonicalJson(each, known)).join(",")}]`;
  if (typeof value === "object") return known?.get(value) ?? canonicalObject(value, known);
  throw new TypeError(
    `canonical JSON: given ${typeof value}, wanted well-formed strings, safe integers, booleans, null, lists and objects`,
  );
}

function canonicalObject(value: object, known: WeakMap<object, string> | null): string {
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  const text = `{${
    entries.map(([name, member]) => `${canonicalJson(name)}:${canonicalJson(member, known)}`).join(",")
  }}`;
  known?.set(value, text);
  return text;
}
