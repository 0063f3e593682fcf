/** Ids and digests as text: the characters an id may have, and conversion of hexadecimal digits to bytes. */
import { LIMITS } from "../../protocol/limits.ts";

/** Description of the ids allowed, for errors; also in `docs/wire.md`. */
export const ID_WANTED = `1 to ${LIMITS.maxIdBytes} characters of [A-Za-z0-9._-], the first a letter or digit`;

const INNER = 1;
const FIRST = 2;

/** For each ASCII code: 0 never in an id, 1 not as its first character, 2 anywhere. */
const ID_CLASS = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code);
  if (/[A-Za-z0-9]/.test(character)) return FIRST;
  return /[._-]/.test(character) ? INNER : 0;
});

/** Returns whether the character of code `code` may stand at `position` of an id. */
export function isIdCode(code: number, position: number): boolean {
  const found = ID_CLASS[code] ?? 0;
  return position === 0 ? found === FIRST : found !== 0;
}

const NO_DIGIT = 0x80;

/** Value of each lower-case hexadecimal digit by ASCII code; all others have the high bit set. */
const NIBBLE = Uint8Array.from({ length: 128 }, (_, code) => {
  const value = "0123456789abcdef".indexOf(String.fromCharCode(code));
  return value < 0 ? NO_DIGIT : value;
});

/**
 * Writes the bytes that `hex` stands for to `target` at `at`; false if `hex` holds anything but lower-case digits.
 * The caller has checked that `hex` has an even length and the target has room. Hot: no call and no branch per digit; faults are
 * collected and checked once.
 */
export function writeHex(hex: string, target: Uint8Array, at: number): boolean {
  let codes = 0;
  let nibbles = 0;
  for (let i = 0; i < hex.length; i += 2) {
    const first = hex.charCodeAt(i);
    const second = hex.charCodeAt(i + 1);
    const high = NIBBLE[first & 0x7f]!;
    const low = NIBBLE[second & 0x7f]!;
    codes |= first | second;
    nibbles |= high | low;
    target[at++] = (high << 4) | low;
  }
  return codes < 0x80 && nibbles < NO_DIGIT;
}
