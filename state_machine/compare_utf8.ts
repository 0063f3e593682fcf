/**
 * Compares two well-formed strings by their UTF-8 bytes, which is the order of their code points. JavaScript's `<` compares UTF-16 units
 * and puts U+10000 and above (surrogates, 0xD800…) before U+E000…U+FFFF; this does not.
 */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

/** Moves surrogates above every other unit; the first differing unit then decides as the code point would. */
const rank = (unit: number): number => unit < 0xd800 || unit > 0xdfff ? unit : unit + 0x10000;
