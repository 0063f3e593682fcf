import { EXIT } from "../../common/exit_codes.ts";
import type { Command } from "../command.ts";
import { numberOf } from "./lease.ts";
import { ENCODINGS, operandValue, quoted } from "./value.ts";

export const put: Command = {
  name: "put",
  usage: "put KEY VALUE",
  summary: "set KEY to VALUE",
  notes: ['VALUE "-" is read from standard input.'],
  operands: [2, 2],
  options: { ...ENCODINGS, lease: { value: "LEASE", summary: "the lease that KEY goes with" } },
  async run(call) {
    const [key = "", value = ""] = call.operands;
    const { lease } = call.options;
    const leased = lease === undefined ? {} : { lease: numberOf("--lease", lease) };
    const { revision, index } = await call.client.put(key, await operandValue(call, value), leased);
    const output = `put ${quoted(key)}: revision ${revision}, log index ${index}`;
    return { exitCode: EXIT.done, json: { key, revision, index }, output };
  },
};
