/** The tokens of a gateway, and what their holders may do of what its key may. */
import { sha256 } from "../../crypto/digest.ts";
import { LIMITS } from "../../protocol/limits.ts";
import type { Access, AccessRule } from "../../protocol/ports.ts";
import { UsageError } from "../errors.ts";

/** A token that is let in. */
export interface Token {
  /** SHA-256 digest of it. */
  readonly digest: Uint8Array;
  /** The rights of its holder; null for all that the gateway's key has. */
  readonly access: Access;
}

const MIN_TOKEN_CHARS = 16;
const MAX_TOKENS = 256;
const RIGHTS = ["read", "write", "read-key", "write-key"] as const;
/** Text in JSON's quotes, or without blanks. */
const WORD = /^(?:"(?:[^"\\]|\\.)*"(?=\s|$)|[^\s"]\S*)/u;
const UTF8 = new TextEncoder();

/**
 * Reads tokens, one a line; blank lines and those that begin with # are skipped. Behind a token may stand its rights, `read PREFIX`, `write PREFIX`, `read-key KEY` and
 * `write-key KEY`, as many as there are: `*` is the prefix of all keys, and what has blanks stands in JSON's quotes. Throws {@linkcode UsageError} that names the token, and never
 * shows it.
 */
export function parseTokens(text: string): Token[] {
  const lines = text.split(/\r?\n/).map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith("#"));
  if (lines.length === 0 || lines.length > MAX_TOKENS) {
    throw new UsageError(`--tokens: given a file with ${lines.length} tokens, wanted 1 to ${MAX_TOKENS}, one a line`);
  }
  return lines.map((line, i) => parseLine(line, `token ${i + 1}`));
}

function parseLine(line: string, name: string): Token {
  const [, token = "", rest = ""] = /^(\S+)(.*)$/u.exec(line) ?? [];
  if (token.length < MIN_TOKEN_CHARS || !/^[\x21-\x7e]+$/.test(token)) {
    throw new UsageError(
      `--tokens: given ${name} with ${token.length} characters, wanted at least ${MIN_TOKEN_CHARS} of visible ASCII`,
    );
  }
  const words = wordsIn(rest);
  if (words === null) {
    throw new UsageError(`--tokens: given ${name} with a quote that does not end a word, wanted text in JSON's quotes`);
  }
  return { digest: sha256(UTF8.encode(token)), access: words.length === 0 ? null : rulesOf(words, name) };
}

/** Returns the words of a text; null where one begins with a quote and does not end with one. */
function wordsIn(text: string): string[] | null {
  const words: string[] = [];
  for (let left = text.trim(); left !== "";) {
    const word = WORD.exec(left)?.[0];
    if (word === undefined) return null;
    words.push(word);
    left = left.slice(word.length).trim();
  }
  return words;
}

function rulesOf(words: readonly string[], name: string): AccessRule[] {
  if (words.length > 2 * LIMITS.maxGrants) {
    throw new UsageError(`--tokens: given ${name} with more than ${LIMITS.maxGrants} rights, wanted at most that`);
  }
  const count = Math.ceil(words.length / 2);
  return Array.from({ length: count }, (_, i) => ruleOf(words[2 * i]!, words[2 * i + 1], `right ${i + 1} of ${name}`));
}

/** Words are not shown: one may be a token that stands on the line of another. */
function ruleOf(word: string, keys: string | undefined, name: string): AccessRule {
  const right = RIGHTS.find((each) => each === word);
  if (right === undefined) {
    throw new UsageError(`--tokens: given ${name} with a word that is none, wanted ${RIGHTS.join(", ")}`);
  }
  const exact = right.endsWith("-key");
  const prefix = keys === "*" && !exact ? "" : plain(keys);
  if (prefix === null || !prefix.isWellFormed() || UTF8.encode(prefix).length > LIMITS.maxGrantBytes) {
    throw new UsageError(
      `--tokens: given ${name}, ${right}, with no keys, wanted ${
        exact ? "a key" : "a prefix, * for all keys,"
      } of 1 to ${LIMITS.maxGrantBytes} bytes behind it`,
    );
  }
  return { prefix, exact, read: right.startsWith("read"), write: right.startsWith("write") };
}

/** Returns the text that a word stands for, or null if that is none. */
function plain(word: string | undefined): string | null {
  if (word === undefined || word === "") return null;
  if (!word.startsWith('"')) return word;
  try {
    const text: unknown = JSON.parse(word);
    return typeof text === "string" && text !== "" ? text : null;
  } catch {
    return null;
  }
}
