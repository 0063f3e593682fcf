import { textOf } from "../../../calls/value_json.ts";
import { UsageError } from "../../../errors.ts";
import { EXIT } from "../../common/exit_codes.ts";
import type { Command, CommandCall, CommandResult } from "../command.ts";
import { encodingOf, quoted, valueJson } from "./value.ts";

export const get: Command = {
  name: "get",
  usage: "get KEY",
  summary: "print the value of KEY, as of the whole cluster (linearizable)",
  notes: [
    "Exit code 1 where KEY is absent. The value's bytes are printed as they are, and a line end; on a terminal with what could control it",
    "replaced, and as base64 if they are not UTF-8. With --json a value that is not UTF-8 is the member valueBase64, another one value.",
  ],
  operands: [1, 1],
  options: {
    hex: { value: null, summary: "print the value as hexadecimal digits; with --json as valueHex" },
    base64: { value: null, summary: "print the value as base64; with --json as valueBase64, text too" },
    raw: { value: null, summary: "print the value's bytes and nothing else, no line end, on a terminal too" },
  },
  async run(call) {
    const { client, operands: [key = ""] } = call;
    const form = formOf(call);
    const read = await client.get(key);
    const { storeRevision } = read;
    if (!read.found) {
      const json = { key, found: false, storeRevision };
      return { exitCode: EXIT.failed, json, message: `get ${quoted(key)}: absent at store revision ${storeRevision}` };
    }
    const value = valueJson(read.value, form === "raw" ? null : form);
    const json = { key, found: true, ...value, revision: read.revision, storeRevision };
    return { exitCode: EXIT.done, json, ...shown(read.value, form, call.terminal) };
  },
};

type Form = ReturnType<typeof encodingOf> | "raw";

function formOf(call: CommandCall): Form {
  const encoding = encodingOf(call);
  if (!("raw" in call.options)) return encoding;
  const other = encoding ?? (call.globals.json ? "json" : null);
  if (other !== null) throw new UsageError(`get was given --raw and --${other}; wanted one of them`);
  return "raw";
}

function shown(value: Uint8Array, form: Form, terminal: boolean): Pick<CommandResult, "output" | "exact"> {
  switch (form) {
    case "raw":
      return { output: value, exact: true };
    case "hex":
      return { output: value.toHex() };
    case "base64":
      return { output: value.toBase64() };
    case null:
      return { output: terminal ? harmless(value) : value };
  }
}

/** Returns the value as text fit for a terminal: another client wrote it, so only line ends and tabs may take effect. */
function harmless(value: Uint8Array): string {
  const text = textOf(value);
  if (text === null) return `(${value.length} bytes, not UTF-8; base64) ${value.toBase64()}`;
  // deno-lint-ignore no-control-regex -- control characters are exactly what is looked for
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, "\ufffd");
}
