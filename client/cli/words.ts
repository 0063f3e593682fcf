/** Splits a line of the shell into words. */
import { UsageError } from "../errors.ts";

/**
 * Returns the words of `line`, separated by spaces and tabs. `'…'` and `"…"` keep spaces; a backslash takes the next character literally,
 * except in `'…'`. Throws {@linkcode UsageError} on an unclosed quote.
 */
export function splitWords(line: string): string[] {
  const words: string[] = [];
  let word: string | null = null;
  let quote: string | null = null;
  for (let at = 0; at < line.length; at++) {
    const char = line[at]!;
    if (char === "\\" && quote !== "'") {
      if (at + 1 === line.length) throw new UsageError(`line ends with a backslash; wanted a character behind it`);
      word = (word ?? "") + line[++at]!;
    } else if (quote !== null) {
      if (char === quote) quote = null;
      else word += char;
    } else if (char === '"' || char === "'") {
      quote = char;
      word ??= "";
    } else if (char === " " || char === "\t") {
      if (word !== null) words.push(word);
      word = null;
    } else word = (word ?? "") + char;
  }
  if (quote !== null) throw new UsageError(`line has a ${quote} that is not closed; wanted another ${quote}`);
  if (word !== null) words.push(word);
  return words;
}
