/** Reads of a store's records. Each is told the store revision that its result names. */
import { LIMITS } from "../protocol/limits.ts";
import { compareUtf8 } from "./compare_utf8.ts";
import type { ListCommand, RangeCommand } from "./kv_operation.ts";
import { type AbsentResult, LIST_HEADER_BYTES, LIST_ITEM_BYTES, type ValueResult } from "./kv_result.ts";
import type { CurrentResult, KeysResult, ListResult } from "./kv_result.ts";
import type { PageList } from "./pages/page_list.ts";
import type { KvRecord } from "./pages/record.ts";

/** Returns the value of a key. */
export function getKey(records: PageList, storeRevision: number, key: string): ValueResult | AbsentResult {
  const found = records.get(key);
  if (found === undefined) return { status: "absent", storeRevision };
  const { revision, createRevision, value } = found;
  return { status: "value", storeRevision, revision, createRevision, value };
}

/** Returns the value of a key, in a result that writes of other keys leave as it is. */
export function currentOf(records: PageList, storeRevision: number, key: string): CurrentResult | AbsentResult {
  const found = records.get(key);
  if (found === undefined) return { status: "absent", storeRevision };
  const { revision, createRevision, value } = found;
  return { status: "current", revision, createRevision, value };
}

/** Returns the keys that a list or a range asks for: as many as it wants, or as fit into the longest result. */
export function listKeys(
  records: PageList,
  storeRevision: number,
  asked: ListCommand | RangeCommand,
): ListResult | KeysResult {
  const keysOnly = isKeysOnly(asked);
  const items: KvRecord[] = [];
  let bytes = LIST_HEADER_BYTES;
  let more = false;
  for (const item of selected(records, asked)) {
    bytes += itemBytes(item, keysOnly);
    more = items.length === asked.limit || bytes > LIMITS.maxResultBytes;
    if (more) break;
    items.push(item);
  }
  return { status: keysOnly ? "keys" : "list", storeRevision, more, items };
}

/** Returns the bytes of such a result, were it as long as its limit lets it; more than `enough` are not counted. */
export function listBytes(records: PageList, asked: ListCommand | RangeCommand, enough: number): number {
  const keysOnly = isKeysOnly(asked);
  let bytes = LIST_HEADER_BYTES;
  let left = asked.limit;
  for (const item of selected(records, asked)) {
    if (left-- === 0 || bytes > enough) break;
    bytes += itemBytes(item, keysOnly);
  }
  return bytes;
}

const isKeysOnly = (asked: ListCommand | RangeCommand): boolean => asked.op === "range" && asked.keysOnly;

const itemBytes = ({ keyBytes, value }: KvRecord, keysOnly: boolean): number =>
  LIST_ITEM_BYTES + keyBytes + (keysOnly ? 0 : value.length);

/** Yields the records asked for, whatever the limit. */
function* selected(records: PageList, asked: ListCommand | RangeCommand): Generator<KvRecord> {
  const first = asked.op === "list" ? asked.prefix : asked.from;
  for (const item of records.from(compareUtf8(asked.after, first) > 0 ? asked.after : first)) {
    if (item.key === asked.after) continue;
    if (isPastEnd(asked, item.key)) return;
    yield item;
  }
}

const isPastEnd = (asked: ListCommand | RangeCommand, key: string): boolean =>
  asked.op === "list" ? !key.startsWith(asked.prefix) : asked.to !== "" && compareUtf8(key, asked.to) >= 0;
