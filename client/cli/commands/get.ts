import { EXIT } from "../common/exit_codes.ts";
import type { Command } from "./command.ts";
import { quoted, textOf, valueJson } from "./value.ts";

export const get: Command = {
  name: "get",
  usage: "get KEY",
  summary: "print the value of KEY, as of the whole cluster (linearizable)",
  notes: ["Exit code 1 where KEY is absent. Without a terminal the value's bytes are printed as they are."],
  operands: [1, 1],
  options: {},
  async run({ client, operands: [key = ""], terminal }) {
    const read = await client.get(key);
    const { storeRevision } = read;
    if (!read.found) {
      const json = { key, found: false, storeRevision };
      return { exitCode: EXIT.failed, json, message: `get ${quoted(key)}: absent at store revision ${storeRevision}` };
    }
    const json = { key, found: true, ...valueJson(read.value), revision: read.revision, storeRevision };
    return { exitCode: EXIT.done, json, output: terminal ? harmless(read.value) : read.value };
  },
};

/** Returns the value as text fit for a terminal: another client wrote it, so only line ends and tabs may take effect. */
function harmless(value: Uint8Array): string {
  const text = textOf(value);
  if (text === null) return `(${value.length} bytes, not UTF-8; base64) ${value.toBase64()}`;
  // deno-lint-ignore no-control-regex -- control characters are exactly what is looked for
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, "\ufffd");
}
