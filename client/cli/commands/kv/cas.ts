import { EXIT } from "../../common/exit_codes.ts";
import { wholeNumber } from "../../common/whole_number.ts";
import type { Command } from "../command.ts";
import { ENCODINGS, operandValue, quoted } from "./value.ts";

export const cas: Command = {
  name: "cas",
  usage: "cas KEY REVISION VALUE",
  summary: "set KEY to VALUE if the key is at REVISION (0 = absent)",
  notes: ["Exit code 1 where it is not; its own revision is printed.", 'VALUE "-" is read from standard input.'],
  operands: [3, 3],
  options: ENCODINGS,
  async run(call) {
    const [key = "", wanted = "", value = ""] = call.operands;
    const expected = wholeNumber("REVISION", wanted, 0, Number.MAX_SAFE_INTEGER);
    const { done, revision, index } = await call.client.cas(key, expected, await operandValue(call, value));
    const json = { key, done, expected, revision, index };
    if (done) {
      return { exitCode: EXIT.done, json, output: `cas ${quoted(key)}: revision ${revision}, log index ${index}` };
    }
    const message = `cas ${quoted(key)}: refused, the key is at revision ${revision}; wanted ${expected}`;
    return { exitCode: EXIT.failed, json, message };
  },
};
