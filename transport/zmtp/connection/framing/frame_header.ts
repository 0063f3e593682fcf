/** Flags of a frame, and how its header is written. */
export const MORE = 1;
export const LONG = 2;
export const COMMAND = 4;

/** Bodies up to this size have a header of two bytes, longer ones of nine. */
const MAX_SHORT = 255;

/** Returns the length of the header before a body of `size` bytes. */
export const headerBytes = (size: number): number => size > MAX_SHORT ? 9 : 2;

/** Writes a header at `at` and returns the place behind it. */
export function writeHeader(into: Uint8Array, at: number, flags: number, size: number): number {
  if (size <= MAX_SHORT) {
    into[at] = flags;
    into[at + 1] = size;
    return at + 2;
  }
  into[at] = flags | LONG;
  writeUint32(into, at + 1, Math.floor(size / 2 ** 32));
  writeUint32(into, at + 5, size >>> 0);
  return at + 9;
}

/** Writes 32 bits, most significant byte first. */
export function writeUint32(into: Uint8Array, at: number, value: number): void {
  into[at] = value >>> 24;
  into[at + 1] = value >>> 16;
  into[at + 2] = value >>> 8;
  into[at + 3] = value;
}

/** Reads 32 bits, most significant byte first. */
export function readUint32(from: Uint8Array, at: number): number {
  return ((from[at]! << 24) | (from[at + 1]! << 16) | (from[at + 2]! << 8) | from[at + 3]!) >>> 0;
}
