/** Entries on the wire and on disk: `index ‖ term ‖ body`; the requests are a view of the body (§3.1). */
import type { Entry } from "../../../protocol/entry.ts";
import { type SignedBytes, splitRequests, splitStatements } from "../../../protocol/entry_body.ts";
import type { LogIndex, Term } from "../../../protocol/ids.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import type { ClockStatement, Request } from "../../../protocol/message.ts";
import type { Signed } from "../../../protocol/signed.ts";
import { DecodeError } from "../decode_error.ts";
import { logIndex, term } from "../fields.ts";
import { bytes, decodeExactly, type Schema, struct } from "../schema.ts";
import { clockStatement } from "./peer_messages.ts";
import { requestBody } from "./request.ts";

/** Returns the requests in an entry's body, or null if it is not exactly a list of well-formed ones. */
export const decodeRequests = (body: Uint8Array): readonly Signed<Request>[] | null =>
  decodeParts(splitRequests(body), requestBody, "request");

/** Returns the statements in an entry's body, or null if it is not exactly a list of well-formed ones, each of another replica, ascending (§15.1c). */
export function decodeStatements(body: Uint8Array): readonly Signed<ClockStatement>[] | null {
  const statements = decodeParts(splitStatements(body), clockStatement, "ClockStatement");
  const ascend = statements?.every(({ message }, i) => i === 0 || statements[i - 1]!.message.replica < message.replica);
  return ascend ? statements : null;
}

function decodeParts<M>(parts: readonly SignedBytes[] | null, schema: Schema<M>, name: string): Signed<M>[] | null {
  if (parts === null) return null;
  try {
    return parts.map(({ body, signature }) => ({ message: decodeExactly(schema, body, name), body, signature }));
  } catch (error) {
    if (error instanceof DecodeError) return null;
    throw error;
  }
}

/**
 * Returns the entry with this body. A malformed body is no error here: `requests` is then null, and the replica that signed its hash can be
 * accused (§3.2).
 */
export function entryOf(index: LogIndex, entryTerm: Term, body: Uint8Array): Entry {
  const requests = decodeRequests(body);
  const statements = requests === null ? decodeStatements(body) : null;
  if (statements === null) return { index, term: entryTerm, body, requests };
  return { index, term: entryTerm, body, requests: [], statements };
}

type EntryBytes = Omit<Entry, "requests" | "statements">;

const entryBytes = struct<EntryBytes>({ index: logIndex, term, body: bytes(LIMITS.maxEntryBytes) });

/** An entry whose body, however malformed, is within its limit. */
export const entry: Schema<Entry> = {
  minBytes: entryBytes.minBytes,
  read: (reader) => {
    const read = entryBytes.read(reader);
    return entryOf(read.index, read.term, read.body);
  },
  write: (writer, value) => entryBytes.write(writer, value),
};

/** Describes what is wrong with `entries` as a run from `first` on; null if each index is one above the one before. */
export function faultOfRun(entries: readonly Entry[], first: number): string | null {
  for (let i = 0; i < entries.length; i++) {
    if (entries[i]!.index !== first + i) return `wanted entry ${first + i} at place ${i}, got ${entries[i]!.index}`;
  }
  return null;
}

/** Returns the total bytes of the entries' bodies. */
export const bodyBytes = (entries: readonly Entry[]): number =>
  entries.reduce((sum, value) => sum + value.body.length, 0);
