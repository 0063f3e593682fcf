/** Readers of untrusted JSON values: each error says where the value was, what was given and what is wanted. */
import { ConfigError } from "./config_error.ts";
import { isHex } from "./digest.ts";

const MAX_SHOWN_CHARS = 80;

/** A value and the place where it was found, such as `$.roster.replicas[0].id`. */
export interface Field {
  readonly path: string;
  readonly value: unknown;
  /** True if the value is the one that stands for a missing member. */
  readonly isAbsent?: boolean;
}

/** Returns a short text for error messages, whatever the value. */
export function describe(value: unknown): string {
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  const text = JSON.stringify(value);
  return text.length <= MAX_SHOWN_CHARS ? text : `${text.slice(0, MAX_SHOWN_CHARS)}… (${text.length} characters)`;
}

/** Throws the `ConfigError` for a field. `given` replaces the description of a value that must not be shown. */
export function refuse(field: Field, wanted: string, given: string = describe(field.value)): never {
  throw new ConfigError(`${field.path}: given ${given}, wanted ${wanted}`);
}

/** Returns the root field of a JSON text of at most `maxChars` characters. */
export function parseJson(text: string, maxChars: number): Field {
  if (text.length > maxChars) {
    throw new ConfigError(`$: given ${text.length} characters, wanted JSON of at most ${maxChars}`);
  }
  const value = parseValue(text);
  const twice = repeatedName(text);
  if (twice !== null) throw new ConfigError(`$: given a field ${describe(twice)} twice, wanted each once`);
  return { path: "$", value };
}

function parseValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message repeats a piece of the text, which may be a secret.
    throw new ConfigError(`$: given ${text.length} characters that are no JSON, wanted one JSON object`);
  }
}

const TOKEN = /"(?:[^"\\]|\\.)*"(\s*:)?|[{}]/g;

/** Returns a name that an object of this JSON text has twice, of which two readers may take a different one; null if there is none. */
function repeatedName(text: string): string | null {
  const open: Set<string>[] = [];
  for (const [token, colon] of text.matchAll(TOKEN)) {
    if (token === "{") open.push(new Set());
    else if (token === "}") open.pop();
    else if (colon !== undefined) {
      const name: string = JSON.parse(token.slice(0, -colon.length));
      if (open.at(-1)!.has(name)) return name;
      open.at(-1)!.add(name);
    }
  }
  return null;
}

/**
 * Throws `ConfigError` unless an object says that it is of `version`; `advice` says what to do with another. To be asked before its fields are
 * read: another version has others.
 */
export function requireVersion(field: Field, version: number, advice: string): void {
  const { path, value } = field;
  if (typeof value !== "object" || value === null || Array.isArray(value)) refuse(field, "an object");
  const given = Object.hasOwn(value, "version") ? (value as { readonly version: unknown }).version : undefined;
  if (given !== version) refuse({ path: `${path}.version`, value: given }, `${version}: ${advice}`);
}

/** Returns the fields of an object that has exactly those `names`; a missing one takes its value from `absent`, if it is given there. */
export function readObject<N extends string>(
  field: Field,
  names: readonly N[],
  absent: { readonly [K in N]?: unknown } = {},
): Readonly<Record<N, Field>> {
  const { path, value } = field;
  if (typeof value !== "object" || value === null || Array.isArray(value)) refuse(field, "an object");
  const members = value as Readonly<Record<string, unknown>>;
  const wanted = `exactly the fields ${names.join(", ")}`;
  const unknown = Object.keys(members).find((name) => !(names as readonly string[]).includes(name));
  if (unknown !== undefined) refuse(field, wanted, `an unknown field ${describe(unknown)}`);
  const found = (name: N): Pick<Field, "value" | "isAbsent"> =>
    Object.hasOwn(members, name) ? { value: members[name] } : { value: absent[name], isAbsent: true };
  const missing = names.find((name) => !Object.hasOwn(members, name) && !Object.hasOwn(absent, name));
  if (missing !== undefined) refuse(field, wanted, `no field ${describe(missing)}`);
  const fields = names.map((name) => [name, { path: `${path}.${name}`, ...found(name) }] as const);
  return Object.fromEntries(fields) as Record<N, Field>;
}

/** Returns the elements of a list of `min` to `max`. */
export function readList(field: Field, min: number, max: number): Field[] {
  const { path, value } = field;
  if (!Array.isArray(value) || value.length < min || value.length > max) refuse(field, `a list of ${min} to ${max}`);
  return (value as readonly unknown[]).map((element, i) => ({ path: `${path}[${i}]`, value: element }));
}

/** Returns a string that matches `pattern`, which `wanted` describes. */
export function readString(field: Field, pattern: RegExp, wanted: string): string {
  if (typeof field.value === "string" && pattern.test(field.value)) return field.value;
  return refuse(field, wanted);
}

/** Returns an integer from `min` to `max`. */
export function readInteger(field: Field, min: number, max: number): number {
  const { value } = field;
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= min && value <= max) return value;
  return refuse(field, `an integer from ${min} to ${max}`);
}

export function readBoolean(field: Field): boolean {
  return typeof field.value === "boolean" ? field.value : refuse(field, "true or false");
}

/** Returns `bytes` bytes as lower-case hexadecimal digits. The digits of a secret are never shown. */
export function readHex(field: Field, bytes: number, secret = false): string {
  const { value } = field;
  if (typeof value === "string" && isHex(value, bytes)) return value;
  const given = typeof value === "string"
    ? `${value.length} characters (not shown)`
    : `something of type ${typeof value}`;
  return refuse(field, `${2 * bytes} lower-case hexadecimal digits`, secret ? given : describe(value));
}

/** Returns the bytes of a string of Base64, one at least. */
export function readBase64(field: Field): Uint8Array {
  const text = readString(field, /^[A-Za-z0-9+/]+={0,2}$/, "Base64");
  try {
    return Uint8Array.fromBase64(text);
  } catch {
    return refuse(field, "Base64");
  }
}

const ID_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Returns an id of a replica, client or cluster: 1 to 64 letters, digits and `._-`, so that it is safe in file names and logs. */
export function readId(field: Field): string {
  return readString(field, ID_PATTERN, "1 to 64 of A-Z a-z 0-9 . _ -, the first a letter or digit");
}
