import { KV_LIMITS } from "../../../../state_machine/mod.ts";
import { EXIT } from "../../common/exit_codes.ts";
import { wholeNumber } from "../../common/whole_number.ts";
import type { Command } from "../command.ts";
import { keyTable, LIST_OPTIONS, moreMessage } from "./key_table.ts";
import { valueJson } from "./value.ts";

export const list: Command = {
  name: "list",
  usage: "list [PREFIX]",
  summary: "list keys that begin with PREFIX, in order, with their values",
  notes: [],
  operands: [0, 1],
  options: LIST_OPTIONS,
  async run({ client, operands: [prefix = ""], options }) {
    const limit = wholeNumber(
      "--limit",
      options["limit"] ?? `${KV_LIMITS.defaultListLimit}`,
      1,
      KV_LIMITS.maxListLimit,
    );
    const { items, more, storeRevision } = await client.list(prefix, { limit, after: options["after"] ?? "" });
    return {
      exitCode: EXIT.done,
      json: {
        ...{ prefix, storeRevision, more },
        items: items.map(({ key, revision, value }) => ({ key, revision, ...valueJson(value) })),
      },
      output: keyTable(items),
      ...moreMessage(more, items),
    };
  },
};
