import { EXIT } from "../../common/exit_codes.ts";
import type { Command } from "../command.ts";
import { quoted } from "./value.ts";

export const deleteKey: Command = {
  name: "delete",
  usage: "delete KEY",
  summary: "remove KEY",
  notes: ["Exit code 1 where KEY is absent."],
  operands: [1, 1],
  options: {},
  async run({ client, operands: [key = ""] }) {
    const { done, revision, index } = await client.delete(key);
    if (done) {
      const output = `delete ${quoted(key)}: store revision ${revision}, log index ${index}`;
      return { exitCode: EXIT.done, json: { key, deleted: true, revision, index }, output };
    }
    const message = `delete ${quoted(key)}: the key is absent`;
    return { exitCode: EXIT.failed, json: { key, deleted: false, index }, message };
  },
};
