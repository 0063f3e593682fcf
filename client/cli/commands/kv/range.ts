import { KV_LIMITS } from "../../../../state_machine/mod.ts";
import type { ListedKey } from "../../../calls/kv_outcomes.ts";
import { EXIT } from "../../common/exit_codes.ts";
import { wholeNumber } from "../../common/whole_number.ts";
import type { Command } from "../command.ts";
import { keyTable, LIST_OPTIONS, moreMessage } from "./key_table.ts";
import { valueJson } from "./value.ts";

export const range: Command = {
  name: "range",
  usage: "range [FROM] [TO]",
  summary: "list keys from FROM on and below TO, in order, with their values",
  notes: ["Without FROM from the first key on, without TO to the last."],
  operands: [0, 2],
  options: { ...LIST_OPTIONS, "keys-only": { value: null, summary: "without the values" } },
  async run({ client, operands: [from = "", to = ""], options }) {
    const limit = wholeNumber(
      "--limit",
      options["limit"] ?? `${KV_LIMITS.defaultListLimit}`,
      1,
      KV_LIMITS.maxListLimit,
    );
    const wanted = { from, to, limit, after: options["after"] ?? "" };
    const { items, more, storeRevision } = "keys-only" in options
      ? await client.keys(wanted)
      : await client.range(wanted);
    return {
      exitCode: EXIT.done,
      json: {
        ...{ from, to, storeRevision, more },
        items: items.map((item: ListedKey & { readonly value?: Uint8Array }) => ({
          ...{ key: item.key, revision: item.revision, createRevision: item.createRevision },
          ...(item.value === undefined ? {} : valueJson(item.value)),
        })),
      },
      output: keyTable(items),
      ...moreMessage(more, items),
    };
  },
};
