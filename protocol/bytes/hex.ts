/** Hexadecimal digits to bytes. */

const NO_DIGIT = 0x80;

/** Value of each lower-case hexadecimal digit by ASCII code; all else has the high bit set. */
const NIBBLE = Uint8Array.from({ length: 128 }, (_, code) => {
  const value = "0123456789abcdef".indexOf(String.fromCharCode(code));
  return value < 0 ? NO_DIGIT : value;
});

/**
 * Writes the bytes that `hex` stands for to `target` at `at`; false if `hex` holds anything but lower-case digits.
 * The caller has checked that `hex` has an even length and the target has room. Hot: no call and no branch per digit, faults are
 * collected and looked at once.
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
