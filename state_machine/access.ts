/**
 * Rights of clients: one check for all verbs, from its rights by the roster alone. A list or a range is allowed only where it lies
 * wholly under the prefix of one rule, whatever keys there are.
 */
import type { Access, AccessRule, QueryContext } from "../protocol/ports.ts";
import { decodeKvCommand, type KvCommand } from "./kv_command.ts";
import type { KvOperation } from "./kv_operation.ts";
import type { KvResult } from "./kv_result.ts";
import type { Compare, TransactionCommand } from "./kv_transaction.ts";
import type { KvWatch } from "./kv_watch.ts";
import type { AnyLeaseCommand } from "./leases/lease_command.ts";

/** Something that a command does to keys. */
interface Need {
  readonly does: "read" | "write";
  /** Words for the keys. */
  readonly what: string;
  readonly isCovered: (rule: AccessRule) => boolean;
}

/** Rules that a reason names. */
const MAX_NAMED = 2;
/** Characters of a key that it shows. */
const MAX_SHOWN = 24;

/** Does an encoded command if it is one, and one that the client may do. */
export function allowed(encoded: Uint8Array, context: QueryContext, doIt: (command: KvCommand) => KvResult): KvResult {
  const command = decodeKvCommand(encoded);
  if (command === null) return { status: "malformed" };
  const reason = denialOf(command, context);
  return reason === null ? doIt(command) : { status: "denied", reason };
}

/** Returns why the client may not do `command`, in ASCII of less than 1000 bytes; null if it may. Equal on every replica. */
export const denialOf = (command: KvCommand, { access, client }: QueryContext): string | null =>
  denialBy(access, command, `client ${client}`);

/** Likewise of a watch. */
export const watchDenialOf = (watch: KvWatch, { access, client }: QueryContext): string | null =>
  watchDenialBy(access, watch, `client ${client}`);

/** Returns why `who` may not do `command` by such rights, in words; null if it may. */
export const denialBy = (access: Access, command: KvCommand, who: string): string | null =>
  access === null ? null : denied(needsOf(command), access, who);

/** Likewise of a watch. */
export const watchDenialBy = (access: Access, watch: KvWatch, who: string): string | null =>
  access === null ? null : denied(["key" in watch ? oneKey("read", watch.key) : keysUnder(watch.prefix)], access, who);

function denied(needs: Iterable<Need>, access: readonly AccessRule[], who: string): string | null {
  for (const { does, what, isCovered } of needs) {
    if (!access.some((rule) => rule[does] && isCovered(rule))) {
      return `${who} may not ${does} ${what}; ${rightsText(access)}`;
    }
  }
  return null;
}

function* needsOf(command: KvCommand): Generator<Need> {
  if (command.op === "txn") yield* needsOfTransaction(command);
  else yield* needsOfOperation(command);
}

/** Both branches count, whichever is done: what is refused must not tell how a comparison came out. */
function* needsOfTransaction({ compare, then, else: other }: TransactionCommand): Generator<Need> {
  for (const { key } of compare satisfies readonly Compare[]) yield oneKey("read", key);
  for (const operation of [...then, ...other]) yield* needsOfOperation(operation);
}

function* needsOfOperation(operation: KvOperation | AnyLeaseCommand): Generator<Need> {
  switch (operation.op) {
    case "get":
    case "read":
      return yield oneKey("read", operation.key);
    case "put":
    case "delete":
      return yield oneKey("write", operation.key);
    case "cas":
      // Its result tells the key's revision.
      yield oneKey("write", operation.key);
      return yield oneKey("read", operation.key);
    case "list":
      return yield keysUnder(operation.prefix);
    case "range":
      return yield keysFrom(operation.from, operation.to);
    case "grant":
    case "renew":
    case "revoke":
      // Only its own lease, whose keys it put there with the right to write them.
      return yield ANY_KEY;
    case "leases":
      // It tells of the leases of all clients.
      return yield keysUnder("");
    default:
      return operation satisfies never;
  }
}

const ANY_KEY: Need = { does: "write", what: "any key", isCovered: () => true };

const oneKey = (does: Need["does"], key: string): Need => ({
  does,
  what: quoted(key),
  isCovered: ({ prefix, exact }) => exact ? key === prefix : key.startsWith(prefix),
});

const keysUnder = (asked: string): Need => ({
  does: "read",
  what: `all keys under ${quoted(asked)}`,
  isCovered: ({ prefix, exact }) => !exact && asked.startsWith(prefix),
});

/** `to` is behind `from`, or empty: every key between two that are under a prefix is so too, and none is between its last one and its end. */
const keysFrom = (from: string, to: string): Need => ({
  does: "read",
  what: `keys from ${quoted(from)} ${to === "" ? "to the last" : `to below ${quoted(to)}`}`,
  isCovered: ({ prefix, exact }) =>
    !exact && from.startsWith(prefix) &&
    (prefix === "" || (to !== "" && (to.startsWith(prefix) || to === endOf(prefix)))),
});

/** Returns the first text behind all that begin with `prefix`; null if there is none. */
function endOf(prefix: string): string | null {
  const points = [...prefix].map((character) => character.codePointAt(0)!);
  while (points.at(-1) === 0x10ffff) points.pop();
  const last = points.pop();
  if (last === undefined) return null;
  // There are no texts with lone surrogates: behind U+D7FF comes U+E000.
  return String.fromCodePoint(...points, last === 0xd7ff ? 0xe000 : last + 1);
}

function rightsText(access: readonly AccessRule[]): string {
  if (access.length === 0) return "it may do nothing";
  const named = access.slice(0, MAX_NAMED).map(({ prefix, exact, read, write }) => {
    const does = read && write ? "read and write" : read ? "read" : "write";
    return `${does} ${exact ? "" : "keys under "}${quoted(prefix)}`;
  });
  const more = access.length - named.length;
  return `it may ${named.join(", ")}${more === 0 ? "" : `, and ${more} more`}`;
}

/** Returns a text in quotes, cut, in ASCII: it may be cut anywhere once more. */
function quoted(text: string): string {
  const characters = [...text];
  const shown = JSON.stringify(characters.slice(0, MAX_SHOWN).join("")).replaceAll(
    /[^\x20-\x7e]/gu,
    (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`,
  );
  return characters.length > MAX_SHOWN ? `${shown}...` : shown;
}
