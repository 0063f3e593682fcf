/** Values of several kinds, told apart by a leading byte. */
import type { Reader } from "./reader.ts";
import type { Schema } from "./schema.ts";

/** The byte and the schema of each kind; the schema restores the kind itself. */
export type Variants<T extends { readonly kind: string }> = {
  readonly [K in T["kind"]]: readonly [byte: number, schema: Schema<Extract<T, { kind: K }>>];
};

/** One byte that names the kind, then the value of that kind. */
export function union<T extends { readonly kind: string }>(variants: Variants<T>): Schema<T> {
  const all = Object.entries(variants) as [T["kind"], readonly [number, Schema<T>]][];
  const byByte = new Map(all.map(([, [byte, schema]]) => [byte, schema]));
  const wanted = all.map(([kind, [byte]]) => `${byte} (${kind})`).join(" or ");
  const refuse = (reader: Reader, found: number): never => {
    reader.field = "kind";
    return reader.fail("unknown-kind", `wanted ${wanted}, got ${found}`);
  };
  return {
    minBytes: 1 + Math.min(...all.map(([, [, schema]]) => schema.minBytes)),
    read: (reader) => {
      const byte = reader.u8();
      return (byByte.get(byte) ?? refuse(reader, byte)).read(reader);
    },
    write: (writer, value) => {
      const [byte, schema] = variants[value.kind as T["kind"]] as unknown as readonly [number, Schema<T>];
      writer.u8(byte);
      schema.write(writer, value);
    },
  };
}
