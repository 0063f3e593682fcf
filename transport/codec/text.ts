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
