/** Command-line flags of the tasks: named values and switches, nothing else. */
import { parseArgs } from "@std/cli/parse-args";
import { ConfigError, refuseAltered } from "../../crypto/config_error.ts";

export type Flags<S extends string, B extends string> =
  & { readonly [name in S]: string | undefined }
  & { readonly [name in B]: boolean };

/** Parses `args`. Throws `ConfigError` on a flag that is unknown, empty or given twice, and on bytes that are not UTF-8. */
export function readFlags<const S extends string, const B extends string>(
  args: readonly string[],
  strings: readonly S[],
  booleans: readonly B[],
): Flags<S, B> {
  const { flags, operands } = readArguments(args, strings, booleans);
  if (operands.length > 0) refuseUnknown(operands);
  return flags;
}

function refuseUnknown(args: readonly string[]): never {
  throw new ConfigError(`${args.join(" ")}: given an unknown argument, wanted those that --help lists`);
}

/** Parses `args` as {@linkcode readFlags} does, except that arguments which are no flags are operands: files, as a rule. */
export function readArguments<const S extends string, const B extends string>(
  args: readonly string[],
  strings: readonly S[],
  booleans: readonly B[],
): { readonly flags: Flags<S, B>; readonly operands: readonly string[] } {
  refuseAltered(args);
  const unknown: string[] = [];
  const operands: string[] = [];
  const parsed = parseArgs([...args], {
    string: strings,
    boolean: booleans,
    collect: strings,
    unknown: (arg: string, key?: string) => {
      (key === undefined ? operands : unknown).push(arg);
      return false;
    },
  });
  if (unknown.length > 0) refuseUnknown(unknown);
  const values = strings.map((name) => [name, onlyValue(name, parsed[name])]);
  const switches = booleans.map((name) => [name, parsed[name]]);
  return { flags: Object.fromEntries([...values, ...switches]), operands };
}

function onlyValue(name: string, values: readonly string[]): string | undefined {
  if (values.length > 1) throw new ConfigError(`--${name}: given ${values.length} times, wanted once`);
  if (values[0] === "") throw new ConfigError(`--${name}: given nothing, wanted a value`);
  return values[0];
}

/** Returns the value of flag `name` as a whole number, undefined if it is not given. Throws `ConfigError` on anything else. */
export function wholeNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,9}$/.test(text)) throw new ConfigError(`--${name}: given "${text}", wanted an integer`);
  return Number(text);
}
