/** Public keys as a library wants them, kept so that each is decompressed once: an eighth of the time of a verification. */
import { hex } from "../digest.ts";

/** Keys that are kept, of about 300 bytes each: more than a roster can have. */
export const MAX_PARSED_KEYS = 8192;

/**
 * Returns a lookup that parses a key the first time and keeps the result, at most `maximum` of them; the oldest goes first. Keys that `parse`
 * takes for none, by returning null, are not remembered: anyone can make up as many as he likes.
 */
export function keepParsedKeys(
  parse: (key: Uint8Array) => Uint8Array | null,
  maximum: number = MAX_PARSED_KEYS,
): (key: Uint8Array) => Uint8Array | null {
  const kept = new Map<string, Uint8Array>();
  return (key) => {
    const name = hex(key);
    const known = kept.get(name);
    if (known !== undefined) return known;
    const parsed = parse(key);
    if (parsed === null) return null;
    for (const [oldest] of kept.size < maximum ? [] : kept) {
      kept.delete(oldest);
      break;
    }
    kept.set(name, parsed);
    return parsed;
  };
}
