import { KV_LIMITS } from "../../../state_machine/mod.ts";
import { printable } from "../../calls/json_payload.ts";
import { EXIT } from "../common/exit_codes.ts";
import { columns } from "../common/table.ts";
import { wholeNumber } from "../common/whole_number.ts";
import type { Command } from "./command.ts";
import { valueJson, valueLine } from "./value.ts";

const MAX_KEY_CHARS = 60;
const MAX_VALUE_CHARS = 60;

export const list: Command = {
  name: "list",
  usage: "list [PREFIX]",
  summary: "list keys that begin with PREFIX, in order, with their values",
  notes: [],
  operands: [0, 1],
  options: {
    limit: { value: "N", summary: `at most N keys, up to ${KV_LIMITS.maxListLimit} (${KV_LIMITS.defaultListLimit})` },
    after: { value: "KEY", summary: "only keys behind KEY, to go on with a list" },
  },
  async run({ client, operands: [prefix = ""], options }) {
    const limit = wholeNumber(
      "--limit",
      options["limit"] ?? `${KV_LIMITS.defaultListLimit}`,
      1,
      KV_LIMITS.maxListLimit,
    );
    const { items, more, storeRevision } = await client.list(prefix, { limit, after: options["after"] ?? "" });
    const rows = items.map(({ key, revision, value }) => [
      printable(key, MAX_KEY_CHARS),
      `${revision}`,
      valueLine(value, MAX_VALUE_CHARS),
    ]);
    const last = items.at(-1)?.key ?? "";
    const message = more ? `more keys follow: --after ${JSON.stringify(printable(last, MAX_KEY_CHARS))}` : undefined;
    return {
      exitCode: EXIT.done,
      json: {
        ...{ prefix, storeRevision, more },
        items: items.map(({ key, revision, value }) => ({ key, revision, ...valueJson(value) })),
      },
      output: columns([["KEY", "REVISION", "VALUE"], ...rows]),
      ...(message === undefined ? {} : { message }),
    };
  },
};
