/** Lists of keys for people. */
import { KV_LIMITS } from "../../../../state_machine/mod.ts";
import { printable } from "../../../calls/json_payload.ts";
import { columns } from "../../common/table.ts";
import { valueLine } from "./value.ts";

const MAX_KEY_CHARS = 60;
const MAX_VALUE_CHARS = 60;

/** Options of commands that list keys. */
export const LIST_OPTIONS = {
  limit: { value: "N", summary: `at most N keys, up to ${KV_LIMITS.maxListLimit} (${KV_LIMITS.defaultListLimit})` },
  after: { value: "KEY", summary: "only keys behind KEY, to go on with a list" },
} as const;

/** A key as it is listed; its value may be left out. */
interface Item {
  readonly key: string;
  readonly revision: number;
  readonly value?: Uint8Array;
}

/** Returns a table of keys, with their values where they are there. */
export function keyTable(items: readonly Item[]): string {
  const rows = items.map(({ key, revision, value }) => [
    printable(key, MAX_KEY_CHARS),
    `${revision}`,
    ...(value === undefined ? [] : [valueLine(value, MAX_VALUE_CHARS)]),
  ]);
  return columns([
    ["KEY", "REVISION", ...(items[0]?.value === undefined && items.length > 0 ? [] : ["VALUE"])],
    ...rows,
  ]);
}

/** Returns how to go on with a list, if there is more. */
export function moreMessage(more: boolean, items: readonly Item[]): { readonly message?: string } {
  const last = items.at(-1)?.key ?? "";
  return more ? { message: `more keys follow: --after ${JSON.stringify(printable(last, MAX_KEY_CHARS))}` } : {};
}
