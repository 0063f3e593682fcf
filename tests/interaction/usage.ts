/**
 * Parses the words of a command according to its usage line. In a usage line NAME stands for a word, `key=VALUE` for an option and anything
 * else for itself; `a|b` wants one of the two, `[a]` may be left out, `VALUE,…` is a list.
 */
import { ConfigError } from "../../crypto/config_error.ts";

interface Form {
  readonly kind: "word" | "option" | "flag";
  /** The name of the word, the key of the option, or the flag itself. */
  readonly name: string;
  /** Placeholder of its value in the usage line. */
  readonly value: string;
}

interface Slot {
  readonly text: string;
  readonly optional: boolean;
  readonly forms: readonly Form[];
}

/** Placeholders of whole numbers. */
const NUMBERS: ReadonlySet<string> = new Set(["N", "MS", "SEQ"]);

function readForm(text: string): Form {
  const [name = "", value] = text.split("=");
  if (value !== undefined) return { kind: "option", name, value };
  return /^[A-Z]/.test(name) ? { kind: "word", name, value: name } : { kind: "flag", name, value: "" };
}

function readSlot(text: string): Slot {
  const optional = text.startsWith("[");
  const forms = (optional ? text.slice(1, -1) : text).split("|").map(readForm);
  return { text, optional, forms };
}

/** The arguments given to a command. */
export class Arguments {
  readonly #given: ReadonlyMap<string, string>;

  constructor(given: ReadonlyMap<string, string>) {
    this.#given = given;
  }

  has(name: string): boolean {
    return this.#given.has(name);
  }

  /** Returns the value of a word or option, empty if it is not given. */
  text(name: string): string {
    return this.#given.get(name) ?? "";
  }

  number(name: string): number | undefined {
    const text = this.#given.get(name);
    return text === undefined ? undefined : Number(text);
  }

  list(name: string): readonly string[] | undefined {
    return this.#given.get(name)?.split(",");
  }
}

/** Parses `words`, those after the name of a command. Throws ConfigError on any that `usage` does not allow, or that are missing. */
export function readArguments(usage: string, words: readonly string[]): Arguments {
  const slots = usage.split(" ").slice(1).map(readSlot);
  const forms = slots.flatMap((slot) => slot.forms);
  const given = new Map<string, string>();
  const unnamed = forms.filter(({ kind }) => kind === "word");
  for (const word of words) {
    const [name, value] = readWord(word, forms, unnamed);
    if (given.has(name)) throw new ConfigError(`given ${name} twice, wanted: ${usage}`);
    if (value === null) throw new ConfigError(`given "${word}", wanted: ${usage}`);
    given.set(name, value);
  }
  for (const { optional, text, forms: choice } of slots) {
    const found = choice.filter(({ name }) => given.has(name)).length;
    if (found > 1 || (found === 0 && !optional)) {
      throw new ConfigError(`given ${found === 0 ? "nothing" : "more than one"} for ${text}, wanted: ${usage}`);
    }
  }
  return new Arguments(given);
}

/** Returns the name and the value of one word; null for an invalid value. Takes a word without a name off `unnamed`. */
function readWord(word: string, forms: readonly Form[], unnamed: Form[]): readonly [string, string | null] {
  const cut = word.indexOf("=");
  if (cut >= 0) {
    const [name, value] = [word.slice(0, cut), word.slice(cut + 1)];
    const option = forms.find((form) => form.kind === "option" && form.name === name);
    return [name, option && isValue(option, value) ? value : null];
  }
  const next = unnamed.shift();
  if (next) return [next.name, isValue(next, word) ? word : null];
  return [word, forms.some(({ kind, name }) => kind === "flag" && name === word) ? "" : null];
}

function isValue({ value }: Form, text: string): boolean {
  if (NUMBERS.has(value)) return /^\d{1,9}$/.test(text);
  return value.endsWith(",…") ? text.split(",").every((item) => item !== "") : text !== "";
}
