/** Parses the command line: options of the client, the command, its own options and operands. */
import { parseArgs } from "@std/cli/parse-args";
import type { BackendChoice } from "../../crypto/signing/load_backend.ts";
import { TRANSPORT_ENGINES, type TransportEngine } from "../../transport/mod.ts";
import { UsageError } from "../errors.ts";
import type { Command } from "./commands/command.ts";
import { commandNames, findCommand } from "./commands/mod.ts";
import type { GlobalOptions } from "./common/global_options.ts";
import { wholeNumber } from "./common/whole_number.ts";

/** One command as requested. */
export interface Invocation {
  readonly command: Command;
  readonly operands: readonly string[];
  /** The command's own options that were given. */
  readonly options: Readonly<Record<string, string>>;
}

export interface CommandLine {
  readonly globals: GlobalOptions;
  /** Null if only help was requested. */
  readonly invocation: Invocation | null;
}

const GLOBAL_STRINGS = ["cluster", "key", "passphrase-file", "timeout-ms", "crypto", "transport"];
const GLOBAL_BOOLEANS = ["json", "help", "insecure-plaintext"];
const DEFAULT_TIMEOUT_MS = 10_000;
const MAX_TIMEOUT_MS = 3_600_000;

/** Returns whether `--json` is among `args`, for errors found before they are parsed. */
export const wantsJson = (args: readonly string[]): boolean => optionsOf(args).includes("--json");

/** Returns whether a line of the shell asks for help, so that its command does not run whatever else is wrong with it. */
export const wantsHelp = (words: readonly string[]): boolean =>
  words[0] === "help" || optionsOf(words).includes("--help");

/** Returns the arguments before "--". */
const optionsOf = (args: readonly string[]): readonly string[] =>
  args.includes("--") ? args.slice(0, args.indexOf("--")) : args;

/** Parses a whole command line. Throws {@linkcode UsageError} naming what was given and what is wanted. */
export function parseCommandLine(args: readonly string[]): CommandLine {
  const { words, values, flags } = split(args, GLOBAL_STRINGS, GLOBAL_BOOLEANS);
  const globals: GlobalOptions = {
    cluster: values["cluster"] ?? null,
    key: values["key"] ?? null,
    passphraseFile: values["passphrase-file"] ?? null,
    json: flags.has("json"),
    help: flags.has("help"),
    timeoutMs: wholeNumber("--timeout-ms", values["timeout-ms"] ?? `${DEFAULT_TIMEOUT_MS}`, 1, MAX_TIMEOUT_MS),
    crypto: cryptoChoice(values["crypto"] ?? "auto"),
    transport: engineChoice(values["transport"] ?? "zmtp"),
    insecurePlaintext: flags.has("insecure-plaintext"),
  };
  if (words.length === 0 && globals.help) return { globals, invocation: null };
  const own = Object.entries(values).filter(([name]) => !GLOBAL_STRINGS.includes(name));
  const given = { ...Object.fromEntries(own), ...flagsGiven(flags) };
  return { globals, invocation: invocation(words, given, globals.help) };
}

/** Parses one line of the shell, already split into words. Options of the client itself are not accepted. */
export function parseShellWords(args: readonly string[]): Invocation {
  const { words, values, flags } = split(args, [], ["help"]);
  return invocation(words, { ...values, ...flagsGiven(flags) }, flags.has("help"));
}

/** Returns the flags of commands among `flags`, as options without a value. */
const flagsGiven = (flags: ReadonlySet<string>): Record<string, string> =>
  Object.fromEntries([...flags].filter((name) => !GLOBAL_BOOLEANS.includes(name)).map((name) => [name, ""]));

function cryptoChoice(text: string): BackendChoice {
  if (text === "auto" || text === "noble" || text === "native") return text;
  throw new UsageError(`--crypto was given "${text}"; wanted auto, noble or native`);
}

function engineChoice(text: string): TransportEngine {
  const engine = TRANSPORT_ENGINES.find((each) => each === text);
  if (engine !== undefined) return engine;
  throw new UsageError(`--transport was given "${text}"; wanted ${TRANSPORT_ENGINES.join(" or ")}`);
}

interface Split {
  readonly words: readonly string[];
  readonly values: Readonly<Record<string, string>>;
  readonly flags: ReadonlySet<string>;
}

/** Returns the options known to any command, flags or those with a value, so that a line can be split before its command is known. */
const commandOptions = (isFlag: boolean): string[] =>
  commandNames().flatMap((name) => Object.entries(findCommand(name)?.options ?? {}))
    .filter(([, { value }]) => (value === null) === isFlag).map(([name]) => name);

function split(args: readonly string[], strings: readonly string[], own: readonly string[]): Split {
  const valued = [...strings, ...commandOptions(false)];
  const booleans = [...own, ...commandOptions(true)];
  const unknown: string[] = [];
  const parsed: Record<string, unknown> & { readonly _: readonly unknown[] } = parseArgs([...args], {
    string: ["_", ...valued],
    boolean: [...booleans],
    "--": true,
    unknown: (argument: string, key?: string) => {
      if (key === undefined) return true;
      unknown.push(argument);
      return false;
    },
  });
  if (unknown.length > 0) {
    const known = [...valued, ...booleans].map((name) => `--${name}`).join(", ");
    throw new UsageError(
      `option was given "${
        unknown[0]
      }"; wanted one of ${known} (what begins with "-" and is no option goes behind "--")`,
    );
  }
  const values = valued.filter((name) => parsed[name] !== undefined).map((
    name,
  ) => [name, optionValue(name, parsed[name])]);
  const behind = parsed["--"];
  const words = [...parsed._, ...(Array.isArray(behind) ? behind : [])].map(String);
  return {
    words,
    values: Object.fromEntries(values),
    flags: new Set(booleans.filter((name) => parsed[name] === true)),
  };
}

function optionValue(name: string, value: unknown): string {
  if (typeof value === "string" && value !== "") return value;
  throw new UsageError(`--${name} was given no value; wanted one behind it`);
}

function invocation(words: readonly string[], options: Readonly<Record<string, string>>, help: boolean): Invocation {
  const [name, ...operands] = words;
  const command = name === undefined ? undefined : findCommand(name);
  if (command === undefined) {
    const given = name === undefined ? "no command" : `"${name}"`;
    throw new UsageError(`client was given ${given}; wanted one of ${commandNames().join(", ")} (see --help)`);
  }
  if (help) return { command, operands, options };
  for (const option of Object.keys(options)) {
    if (!(option in command.options)) {
      throw new UsageError(`${command.name} was given --${option}; wanted: ${command.usage}`);
    }
  }
  const [least, most] = command.operands;
  if (operands.length < least || operands.length > most) {
    throw new UsageError(`${command.name} was given ${count(operands.length)}; wanted: ${command.usage}`);
  }
  return { command, operands, options };
}

const count = (operands: number): string => operands === 1 ? "1 operand" : `${operands} operands`;
