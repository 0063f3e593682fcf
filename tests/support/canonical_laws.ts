/** Laws that every strict decoder obeys, as assertions for tests. */
import { assert, assertEquals } from "@std/assert";
import { DecodeError } from "../../transport/codec/mod.ts";

/** Both directions between a value and the byte strings (frames) that encode it. */
export interface Direction<T> {
  readonly encode: (value: T) => readonly Uint8Array[];
  readonly decode: (frames: readonly Uint8Array[]) => T;
}

/** Returns the decoded value, or the refusal. Anything but a DecodeError is rethrown and fails the test. */
export function attempt<T>(decode: () => T): { readonly value: T } | { readonly refused: DecodeError } {
  try {
    return { value: decode() };
  } catch (error) {
    if (error instanceof DecodeError) return { refused: error };
    throw error;
  }
}

const copies = (frames: readonly Uint8Array[]): Uint8Array[] => frames.map((frame) => new Uint8Array(frame));

/** Asserts that `frames` are refused with a DecodeError, or are the one encoding of their value. Returns true if accepted. */
export function assertCanonical<T>({ encode, decode }: Direction<T>, frames: readonly Uint8Array[]): boolean {
  const result = attempt(() => decode(frames));
  if ("refused" in result) return false;
  assertEquals(copies(encode(result.value)), copies(frames), "accepted bytes must be the value's only encoding");
  return true;
}

/** Asserts that the value comes back equal, from bytes that are a function of it. */
export function assertRoundTrip<T>(direction: Direction<T>, value: T): void {
  const frames = direction.encode(value);
  assertEquals(direction.decode(frames), value);
  assert(assertCanonical(direction, frames));
}

/** Asserts that every frame cut at every byte (of the first and last `most` of it), and every frame with an extra byte, is refused. */
export function assertCutsRefused<T>({ decode }: Direction<T>, frames: readonly Uint8Array[], most = 300): void {
  const refused = (place: number, frame: Uint8Array) => {
    const changed = frames.with(place, frame);
    assert("refused" in attempt(() => decode(changed)), `frame ${place} with ${frame.length} bytes must be refused`);
  };
  frames.forEach((frame, place) => {
    for (let length = 0; length < frame.length; length++) {
      if (length < most || length > frame.length - most) refused(place, frame.subarray(0, length));
    }
    const longer = new Uint8Array(frame.length + 1);
    longer.set(frame);
    refused(place, longer);
  });
}

/** Changes of one byte: single bits, at both ends among them, and all bits. */
const MASKS = [0x01, 0x02, 0x20, 0x80, 0xff];

/** Asserts that every change of one byte is refused or decodes to another value with exactly these bytes. Returns the number refused. */
export function assertMutationsCanonical<T>(
  direction: Direction<T>,
  frames: readonly Uint8Array[],
  most = 600,
): number {
  let refused = 0;
  frames.forEach((frame, place) => {
    for (let at = 0; at < Math.min(frame.length, most); at++) {
      for (const mask of MASKS) {
        const changed = new Uint8Array(frame);
        changed[at]! ^= mask;
        if (!assertCanonical(direction, frames.with(place, changed))) refused++;
      }
    }
  });
  return refused;
}
