/**
 * The difference between two rosters, as a change of the roster carries it: canonical JSON of the members that differ, but of `clients` line by
 * line, since there may be thousands. It is of rosters as they were received, so that it leads to the very digest that was signed.
 */
import { LIMITS } from "../../protocol/limits.ts";
import { canonicalJson, isJsonObject, type JsonObject, type JsonValue } from "../canonical_json.ts";
import { ConfigError } from "../config_error.ts";
import type { RosterFile } from "./parse_roster.ts";
import { rosterDigest } from "./roster.ts";

/** Deeper than any roster: who reads deeper ones could run out of stack, one replica sooner than another. */
const MAX_DEPTH = 8;
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Members to take out and to put in. `clients` are in none of the first two. */
interface Difference {
  /** Members by name, whole. */
  readonly set: JsonObject;
  /** Names of members that are gone. */
  readonly unset: readonly string[];
  /** Clients, each in the place of the one that has its id, or behind all. */
  readonly put: readonly JsonObject[];
  /** Ids of clients that are gone. */
  readonly remove: readonly string[];
}

const isListOf = <T extends JsonValue>(value: unknown, is: (element: unknown) => element is T): value is T[] =>
  Array.isArray(value) && value.every(is);
const isString = (value: unknown): value is string => typeof value === "string";
const isClient = (value: unknown): value is JsonObject & { readonly id: string } =>
  isJsonObject(value) && isString(value["id"]);

function isShallow(value: unknown): boolean {
  let level = [value];
  for (let depth = 0; depth <= MAX_DEPTH; depth++) {
    level = level.flatMap((each) => typeof each === "object" && each !== null ? Object.values(each) : []);
    if (level.length === 0) return true;
  }
  return false;
}

/** Returns the value that `bytes` are the canonical JSON of, or null; so there is one text of each. */
function readCanonical(bytes: Uint8Array): unknown {
  try {
    const text = UTF8.decode(bytes);
    const value: unknown = JSON.parse(text);
    return isShallow(value) && canonicalJson(value) === text ? value : null;
  } catch {
    return null;
  }
}

function readDifference(bytes: Uint8Array): Difference | null {
  if (bytes.length > LIMITS.maxChangeBytes) return null;
  const value = readCanonical(bytes);
  if (!isJsonObject(value)) return null;
  const { set, unset, put, remove, ...others } = value as { readonly [name in keyof Difference]?: JsonValue };
  const isKnown = Object.keys(others).length === 0 && isJsonObject(set) && !Object.hasOwn(set, "clients");
  if (!isKnown || !isListOf(unset, isString) || unset.includes("clients")) return null;
  return isListOf(put, isClient) && isListOf(remove, isString) ? { set, unset, put, remove } : null;
}

const clientsOf = (raw: JsonObject): ReadonlyMap<string, JsonObject> | null => {
  const lines = raw["clients"];
  return isListOf(lines, isClient) ? new Map(lines.map((line) => [line.id, line])) : null;
};

function applied(raw: JsonObject, { set, unset, put, remove }: Difference): JsonObject | null {
  const clients = new Map(clientsOf(raw));
  for (const id of remove) if (!clients.delete(id)) return null;
  for (const line of put) clients.set((line as { readonly id: string }).id, line);
  const gone = new Set(unset);
  const kept = Object.entries(raw).filter(([name]) => !gone.has(name));
  return Object.fromEntries([...kept, ...Object.entries(set), ["clients", [...clients.values()]]]);
}

/**
 * Returns what a difference makes of a roster, both as they were received; null if it is none. Whether the outcome is a roster is not looked
 * at. Never throws, whatever the bytes.
 */
export function applyDifference(raw: JsonObject, difference: Uint8Array): JsonObject | null {
  const read = readDifference(difference);
  return read === null ? null : applied(raw, read);
}

const isSame = (a: JsonValue | undefined, b: JsonValue | undefined): boolean =>
  a === b || (a !== undefined && b !== undefined && canonicalJson(a) === canonicalJson(b));

function compare(before: JsonObject, after: JsonObject): Difference {
  const [old, now] = [clientsOf(before) ?? new Map(), clientsOf(after) ?? new Map()];
  const names = Object.keys(after).filter((name) => name !== "clients" && !isSame(before[name], after[name]));
  return {
    set: Object.fromEntries(names.map((name) => [name, after[name]!])),
    unset: Object.keys(before).filter((name) => !Object.hasOwn(after, name)),
    put: [...now].filter(([id, line]) => !isSame(old.get(id), line)).map(([, line]) => line),
    remove: [...old.keys()].filter((id) => !now.has(id)),
  };
}

/**
 * Returns the difference of `after` to `before`. Throws `ConfigError` if there is none: clients that stay are in another order, or it is longer
 * than one command may be.
 */
export function differenceOf(before: Pick<RosterFile, "raw">, after: Pick<RosterFile, "raw" | "digest">): Uint8Array {
  const difference = new TextEncoder().encode(canonicalJson(compare(before.raw, after.raw)));
  const { length } = difference;
  if (length > LIMITS.maxChangeBytes) {
    const most = LIMITS.maxChangeBytes;
    throw new ConfigError(`roster: given ${length} bytes of differences, wanted at most ${most}: make several changes`);
  }
  const result = applyDifference(before.raw, difference);
  if (result === null || rosterDigest(result) !== after.digest) {
    throw new ConfigError(
      "roster: given clients in another order, wanted those that stay in theirs, new ones behind them",
    );
  }
  return difference;
}
