/** Server-sent events: text lines, so whatever a key or a value holds goes as JSON, which has no line end in it. */
import { valueJson } from "../calls/value_json.ts";
import type { Change, ChangeEvent } from "../calls/watch.ts";

/** An event as it is sent. */
export type Encoded = Uint8Array;

const UTF8 = new TextEncoder();
const LINE_ENDS = /[\u2028\u2029]/g;

/** Returns a field's JSON on one line; U+2028 and U+2029 are escaped for readers that take them for line ends. */
const oneLine = (value: unknown): string =>
  JSON.stringify(value).replace(LINE_ENDS, (found) => `\\u${found.charCodeAt(0).toString(16)}`);

const changeJson = ({ key, value, createRevision }: Change) =>
  value === null ? { key, deleted: true } : { key, ...valueJson(value), createRevision };

/** Returns the id of an event: its revision, and the cluster whose history that is of. */
export const idOf = (cluster: string, revision: number): string => `${revision}.${cluster}`;

/** Returns the event of changes. */
export const encodeChanges = (cluster: string, { revision, changes }: ChangeEvent): Encoded =>
  encodeEvent("change", { revision, changes: changes.map(changeJson) }, idOf(cluster, revision));

/** Returns an event. `id` holds digits, letters, dots and dashes alone. */
export function encodeEvent(event: string, data: unknown, id?: string): Encoded {
  return UTF8.encode(`${id === undefined ? "" : `id: ${id}\n`}event: ${event}\ndata: ${oneLine(data)}\n\n`);
}

/** A comment, which keeps a connection open. */
export const KEEP_ALIVE: Encoded = UTF8.encode(": still here\n\n");
