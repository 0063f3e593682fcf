/** Metadata of a connection: properties with a name and a value, in READY and INITIATE. */
import { ascii, joined, printable } from "../ascii.ts";
import { readUint32, writeUint32 } from "../framing/frame_header.ts";
import { MAX_METADATA_BYTES, MAX_PROPERTIES } from "../limits.ts";
import { Violation } from "../violation.ts";
import { isCompatible, type SocketType } from "./socket_type.ts";

const NAME_CHARACTERS = new Set(ascii("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.+"));
const MAX_IDENTITY_BYTES = 255;

/** Returns the metadata of a socket of this type. It claims no identity. */
export function metadata(socketType: SocketType): Uint8Array {
  return property("Socket-Type", ascii(socketType));
}

function property(name: string, value: Uint8Array): Uint8Array {
  const size = new Uint8Array(4);
  writeUint32(size, 0, value.length);
  return joined(Uint8Array.of(name.length), ascii(name), size, value);
}

/** Takes properties apart, by names in lower case; values are views. Throws a {@linkcode Violation} unless every byte has its place. */
export function parseMetadata(bytes: Uint8Array): ReadonlyMap<string, Uint8Array> {
  if (bytes.length > MAX_METADATA_BYTES) {
    throw new Violation("metadata", `Metadata of ${bytes.length} bytes, want at most ${MAX_METADATA_BYTES}`);
  }
  const properties = new Map<string, Uint8Array>();
  for (let at = 0; at < bytes.length;) {
    const valueAt = at + 1 + bytes[at]! + 4;
    const name = bytes.subarray(at + 1, valueAt - 4);
    const isNamed = name.length > 0 && name.every((byte) => NAME_CHARACTERS.has(byte));
    if (valueAt > bytes.length || !isNamed) throw new Violation("metadata", `A malformed property at byte ${at}`);
    const size = readUint32(bytes, valueAt - 4);
    if (size > bytes.length - valueAt) {
      throw new Violation("metadata", `A property of ${size} bytes, more than came`);
    }
    const key = printable(name).toLowerCase();
    if (properties.has(key)) throw new Violation("metadata", `Property ${key} stands there twice`);
    if (properties.size === MAX_PROPERTIES) throw new Violation("metadata", `More than ${MAX_PROPERTIES} properties`);
    properties.set(key, bytes.subarray(valueAt, valueAt + size));
    at = valueAt + size;
  }
  return properties;
}

/**
 * Judges a peer's metadata: its socket type must be one that `own` talks to. An identity is read past: routes are made up here and claimed by
 * nobody. Throws a {@linkcode Violation} that tells the peer.
 */
export function checkMetadata(bytes: Uint8Array, own: SocketType): void {
  const properties = parseMetadata(bytes);
  const type = properties.get("socket-type");
  if (type === undefined) throw new Violation("metadata", "No Socket-Type in the metadata", "Socket-Type is missing");
  const named = printable(type);
  if (!isCompatible(own, named)) {
    const detail = `A socket of type ${JSON.stringify(named)} at one of type ${own}`;
    throw new Violation("socket-type", detail, `${own} does not talk to this socket type`);
  }
  const identity = properties.get("identity");
  if (identity !== undefined && identity.length > MAX_IDENTITY_BYTES) {
    throw new Violation("metadata", `An identity of ${identity.length} bytes, want at most ${MAX_IDENTITY_BYTES}`);
  }
}
