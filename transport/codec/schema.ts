/**
 * Schema combinators: one description of a value that both reads and writes it. A schema's encoding is canonical: whatever it reads
 * it writes back as the very same bytes, and it refuses all else (§2.2).
 */
import type { Reader } from "./reader.ts";
import { Reader as BytesReader } from "./reader.ts";
import { Writer } from "./writer.ts";

/** The encoding of one type of value. */
export interface Schema<T> {
  /** Fewest bytes a value takes; a list's count is checked against it before anything is allocated. */
  readonly minBytes: number;
  /** Reads one value. Throws DecodeError on bytes that are not exactly one value's encoding. */
  read(reader: Reader): T;
  /** Writes one value. Throws RangeError on a value that `read` could not return. */
  write(writer: Writer, value: T): void;
}

/** Schemas of an object's fields, in writing order. */
export type Fields<T> = { readonly [K in keyof T]-?: Schema<T[K]> };

/** An unsigned integer of 8 bytes, big-endian, at most 2^53 − 1. */
export const uint53: Schema<number> = {
  minBytes: 8,
  read: (reader) => reader.u64(),
  write: (writer, value) => writer.u64(value),
};

/** A name: one byte of length, then ASCII. */
export const id: Schema<string> = {
  minBytes: 2,
  read: (reader) => reader.id(),
  write: (writer, value) => writer.id(value),
};

/** 32 bytes, in memory 64 lower-case hexadecimal digits. */
export const digest: Schema<string> = {
  minBytes: 32,
  read: (reader) => reader.digest(),
  write: (writer, value) => writer.digest(value),
};

/** One byte, 0 or 1. */
export const bool: Schema<boolean> = {
  minBytes: 1,
  read: (reader) => reader.flag(),
  write: (writer, value) => writer.u8(value ? 1 : 0),
};

/** The byte 1 and nothing else: a field with only one honest value that must still be stated. */
export const always: Schema<true> = {
  minBytes: 1,
  read: (reader) => {
    const value = reader.u8();
    if (value !== 1) reader.fail("bad-value", `wanted 1, got ${value}`);
    return true;
  },
  write: (writer, value) => value ? writer.u8(1) : writer.fail("wanted true"),
};

/** At most `max` bytes after a 4-byte length. Reads a view into the frame, no copy. */
export const bytes = (max: number): Schema<Uint8Array> => ({
  minBytes: 4,
  read: (reader) => reader.bytes(max),
  write: (writer, value) => writer.bytes(value, max),
});

/** Exactly `length` bytes, as a view into the frame. */
export const fixed = (length: number): Schema<Uint8Array> => ({
  minBytes: length,
  read: (reader) => reader.raw(length),
  write: (writer, value) => {
    if (value.length !== length) writer.fail(`wanted ${length} bytes, given ${value.length}`);
    writer.raw(value);
  },
});

/** An integer of 8 bytes, at most `max`. */
export const atMost = (max: number): Schema<number> =>
  refine(uint53, (value) => value <= max ? null : `wanted at most ${max}, got ${value}`);

/** At most `max` items after a 4-byte count. */
export const list = <T>(item: Schema<T>, max: number): Schema<readonly T[]> => ({
  minBytes: 4,
  read: (reader) => {
    const count = reader.count(max, item.minBytes);
    const items: T[] = [];
    for (let i = 0; i < count; i++) items.push(item.read(reader));
    return items;
  },
  write: (writer, items) => {
    writer.count(items.length, max);
    for (const value of items) item.write(writer, value);
  },
});

/** The byte 0 for null, or the byte 1 and the value. */
export const optional = <T>(item: Schema<T>): Schema<T | null> => ({
  minBytes: 1,
  read: (reader) => bool.read(reader) ? item.read(reader) : null,
  write: (writer, value) => {
    writer.u8(value === null ? 0 : 1);
    if (value !== null) item.write(writer, value);
  },
});

/**
 * Several fields that may each be null: one byte whose bit i, from the lowest, says that the i-th field is present, then those that are.
 * A single field is written as {@linkcode optional} writes it, so a field appended later changes no bytes while it is null.
 */
export function optionals<T extends object>(
  fields: { readonly [K in keyof T]-?: Schema<NonNullable<T[K]>> },
): Schema<T> {
  const all = Object.entries(fields) as [keyof T & string, Schema<unknown>][];
  const end = 1 << all.length;
  return {
    minBytes: 1,
    read: (reader) => {
      const present = reader.u8();
      if (present >= end) reader.fail("bad-value", `wanted less than ${end}, got ${present}`);
      const value: Record<string, unknown> = {};
      all.forEach(([name, schema], i) => {
        reader.field = name;
        value[name] = (present & (1 << i)) === 0 ? null : schema.read(reader);
      });
      return value as T;
    },
    write: (writer, value) => {
      writer.u8(all.reduce((present, [name], i) => value[name] === null ? present : present | (1 << i), 0));
      for (const [name, schema] of all) {
        writer.field = name;
        if (value[name] !== null) schema.write(writer, value[name]);
      }
    },
  };
}

/** The fields of `first`, then those of `second`, as one object. */
export const joined = <A extends object, B extends object>(first: Schema<A>, second: Schema<B>): Schema<A & B> => ({
  minBytes: first.minBytes + second.minBytes,
  read: (reader) => ({ ...first.read(reader), ...second.read(reader) }),
  write: (writer, value) => {
    first.write(writer, value);
    second.write(writer, value);
  },
});

/** One of `names`, as one byte: its position. */
export const enumOf = <T extends string>(names: readonly T[]): Schema<T> => ({
  minBytes: 1,
  read: (reader) => {
    const position = reader.u8();
    return names[position] ?? reader.fail("bad-value", `wanted less than ${names.length}, got ${position}`);
  },
  write: (writer, value) => {
    const position = names.indexOf(value);
    if (position < 0) writer.fail(`wanted one of ${names.join(", ")}, given ${value}`);
    writer.u8(position);
  },
});

/** A value that takes no bytes, as its position already determines it. */
export const constant = <const T>(value: T): Schema<T> => ({ minBytes: 0, read: () => value, write: () => {} });

/** The fields one after the other, in the order of `fields`. */
export function struct<T extends object>(fields: Fields<T>): Schema<T> {
  const names = Object.keys(fields) as (keyof T & string)[];
  const schemas = names.map((name) => fields[name] as Schema<unknown>);
  return {
    minBytes: schemas.reduce((sum, schema) => sum + schema.minBytes, 0),
    read: (reader) => {
      const value: Record<string, unknown> = {};
      for (let i = 0; i < schemas.length; i++) {
        const name = names[i]!;
        reader.field = name;
        value[name] = schemas[i]!.read(reader);
      }
      return value as T;
    },
    write: (writer, value) => {
      for (let i = 0; i < schemas.length; i++) {
        const name = names[i]!;
        writer.field = name;
        schemas[i]!.write(writer, value[name]);
      }
    },
  };
}

/** Values of `schema` in which `fault` finds nothing wrong. */
export const refine = <T>(schema: Schema<T>, fault: (value: T) => string | null): Schema<T> => ({
  minBytes: schema.minBytes,
  read: (reader) => {
    const value = schema.read(reader);
    const found = fault(value);
    if (found !== null) reader.fail("bad-value", found);
    return value;
  },
  write: (writer, value) => {
    const found = fault(value);
    if (found !== null) writer.fail(found);
    schema.write(writer, value);
  },
});

/** Decodes exactly one value of `schema`, named `context` in errors. Throws DecodeError. */
export function decodeExactly<T>(schema: Schema<T>, bytes: Uint8Array, context: string): T {
  const reader = new BytesReader(bytes, context);
  const value = schema.read(reader);
  reader.expectEnd();
  return value;
}

/** The one growing buffer of all encoding, which never awaits and never calls itself. */
const scratch = new Writer();

/** Encodes `value`. Throws RangeError on a value that could not be decoded again. */
export function encodeWhole<T>(schema: Schema<T>, value: T): Uint8Array {
  scratch.reset();
  schema.write(scratch, value);
  return scratch.finish();
}
