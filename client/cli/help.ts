/** Help texts. */
import type { Command } from "./commands/command.ts";
import { commandNames, findCommand } from "./commands/mod.ts";
import { columns } from "./common/table.ts";

const OPTIONS: readonly (readonly string[])[] = [
  ["--cluster FILE", "signed roster (cluster.json)"],
  ["--key FILE", "a client's key file; the operator's for activate and deactivate"],
  ["--passphrase-file FILE", "passphrase of a sealed key file, one line"],
  ["--json", "print one JSON value on standard output and nothing else"],
  ["--timeout-ms N", "wait at most this long for a quorum (10000)"],
  ["--crypto WHICH", "signatures by native libsecp256k1 or noble: auto, native or noble (auto)"],
  ["--transport ENGINE", "zmtp, this project's own, or libzmq (zmtp)"],
  ["--insecure-plaintext", "talk in clear, for debugging; refused unless the roster allows it"],
  ["--help", "this text, or a command's"],
];

const indented = (rows: readonly (readonly string[])[]): string =>
  columns(rows).split("\n").map((line) => `  ${line}`).join("\n");

/** Returns the help of `command`, or of the client. */
export function helpText(command: Command | null): string {
  if (command !== null) {
    const options = Object.entries(command.options);
    return [
      `Usage: client --cluster FILE --key FILE [OPTIONS] ${command.usage}`,
      "",
      command.summary,
      ...command.notes,
      ...(options.length > 0
        ? [
          "",
          indented(
            options.map((
              [name, text],
            ) => [text.value === null ? `--${name}` : `--${name} ${text.value}`, text.summary]),
          ),
        ]
        : []),
    ].join("\n");
  }
  const commands = commandNames().map((name) => findCommand(name)).filter((found) => found !== undefined);
  return [
    "Usage: client --cluster FILE --key FILE [OPTIONS] COMMAND …",
    "",
    "Commands:",
    indented(commands.map(({ usage, summary }) => [usage, summary])),
    "",
    "Options:",
    indented(OPTIONS),
    "",
    'A value "-" is read from standard input. What begins with "-" and is no option goes behind "--".',
    "Arguments are UTF-8, and refused if they are not: no byte is altered. Any bytes are a value with --hex or --base64.",
    "Exit codes: 0 done, 1 refused or failed, 2 wrong usage or configuration, 3 no quorum in time, 4 overloaded.",
  ].join("\n");
}
