/** Readers of JSON values that occur only in recordings. */
import { type Field, refuse } from "../../crypto/strict_json.ts";

/** Reads milliseconds on a replica's clock: any finite number. */
export function readMillis(field: Field): number {
  const { value } = field;
  return typeof value === "number" && Number.isFinite(value) ? value : refuse(field, "a finite number of milliseconds");
}

export function readText(field: Field): string {
  return typeof field.value === "string" ? field.value : refuse(field, "a text");
}

export const readNullable = <T>(field: Field, read: (field: Field) => T): T | null =>
  field.value === null ? null : read(field);

/** Reads bytes in base64. */
export function readBase64(field: Field): Uint8Array {
  const text = readText(field);
  try {
    return Uint8Array.fromBase64(text);
  } catch {
    return refuse(field, "bytes in base64");
  }
}

/** Reads a value of a codec in base64. */
export const readDecoded = <T>(field: Field, decode: (bytes: Uint8Array) => T): T => {
  const bytes = readBase64(field);
  return decodeOr(field, () => decode(bytes));
};

/** Returns what `decode` returns; throws a `ConfigError` if it throws. */
export function decodeOr<T>(field: Field, decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    return refuse(field, "bytes that decode", error instanceof Error ? error.message : String(error));
  }
}
