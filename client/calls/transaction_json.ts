/**
 * Transactions and what came of them in JSON, as the command line and the gateway take and give them. Values are `value`, text, or `valueBase64`, as
 * what is UTF-8 is given.
 */
import { UsageError } from "../errors.ts";
import { isRecord, type Json, printable } from "./json_payload.ts";
import type { OperationOutcome, TransactionOutcome } from "./kv_outcomes.ts";
import type { Compare, Operation, Transaction } from "./transaction.ts";
import { valueJson } from "./value_json.ts";

type JsonRecord = { readonly [name: string]: Json };

const RELATIONS = ["=", "!=", "<", ">"] as const;
const MAX_SHOWN_CHARS = 60;

/** Returns the transaction that a JSON value stands for. Throws {@linkcode UsageError} that names the first member at fault. */
export function transactionFromJson(json: Json | undefined): Transaction {
  const given = record(json, "transaction", ["compare", "then", "else"]);
  return {
    compare: list(given["compare"], "compare").map((each, i) => compareFrom(each, `compare[${i}]`)),
    then: list(given["then"], "then").map((each, i) => operationFrom(each, `then[${i}]`)),
    else: list(given["else"], "else").map((each, i) => operationFrom(each, `else[${i}]`)),
  };
}

/** Returns the JSON value of what came of a transaction. */
export const transactionJson = ({ succeeded, revision, index, results }: TransactionOutcome): JsonRecord => ({
  ...{ succeeded, revision, index, results: results.map(resultJson) },
});

function resultJson(result: OperationOutcome): JsonRecord {
  switch (result.op) {
    case "get": {
      const { op, found } = result;
      if (!found) return { op, found };
      return {
        op,
        found,
        revision: result.revision,
        createRevision: result.createRevision,
        ...valueJson(result.value),
      };
    }
    case "list":
      return {
        ...result,
        items: result.items.map(({ value, ...item }) => ({ ...keyJson(item), ...valueJson(value) })),
      };
    case "keys":
      return { ...result, items: result.items.map(keyJson) };
    default:
      return { ...result };
  }
}

const keyJson = ({ key, revision, createRevision }: { key: string; revision: number; createRevision: number }) => ({
  ...{ key, revision, createRevision },
});

function compareFrom(json: Json, at: string): Compare {
  const { key, target, is, to, toBase64 } = record(json, at, ["key", "target", "is", "to", "toBase64"]);
  const relation = oneOf(is, `${at}.is`, RELATIONS);
  if (target === "value") {
    const equality = oneOf(relation, `${at}.is of a value`, ["=", "!="] as const);
    return { key: text(key, `${at}.key`), target, is: equality, to: valueFrom(to, toBase64, at, "to") };
  }
  const number = oneOf(target, `${at}.target`, ["revision", "createRevision", "value"] as const);
  if (typeof to !== "number") throw wrong(`${at}.to`, to, "a revision, 0 for an absent key");
  return { key: text(key, `${at}.key`), target: number as "revision", is: relation, to };
}

function operationFrom(json: Json, at: string): Operation {
  const op = oneOf(isRecord(json) ? json["op"] : json, `${at}.op`, ["put", "get", "delete", "list"] as const);
  switch (op) {
    case "put": {
      const given = record(json, at, ["op", "key", "value", "valueBase64", "lease"]);
      return {
        op,
        key: text(given["key"], `${at}.key`),
        value: valueFrom(given["value"], given["valueBase64"], at, "value"),
        ...leaseFrom(given["lease"], at),
      };
    }
    case "get":
    case "delete":
      return { op, key: text(record(json, at, ["op", "key"])["key"], `${at}.key`) };
    case "list":
      return listFrom(record(json, at, ["op", "prefix", "after", "limit"]), at);
  }
}

function leaseFrom(lease: Json | undefined, at: string): { readonly lease?: number } {
  if (lease === undefined) return {};
  if (typeof lease === "number" && Number.isSafeInteger(lease) && lease >= 1) return { lease };
  throw wrong(`${at}.lease`, lease, "the number of a lease, from 1");
}

function listFrom({ prefix = "", after = "", limit }: JsonRecord, at: string): Operation {
  if (limit !== undefined && typeof limit !== "number") throw wrong(`${at}.limit`, limit, "a number of keys");
  return {
    ...{ op: "list", prefix: text(prefix, `${at}.prefix`), after: text(after, `${at}.after`) },
    ...(limit === undefined ? {} : { limit }),
  };
}

function valueFrom(plain: Json | undefined, base64: Json | undefined, at: string, name: string): Uint8Array | string {
  if ((plain === undefined) === (base64 === undefined)) {
    throw new UsageError(
      `${at} was given ${plain === undefined ? "no value" : "two values"}; wanted ${name} or ${name}Base64`,
    );
  }
  if (base64 === undefined) return text(plain, `${at}.${name}`);
  try {
    return Uint8Array.fromBase64(text(base64, `${at}.${name}Base64`), { lastChunkHandling: "strict" });
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    throw wrong(`${at}.${name}Base64`, base64, "base64 with its padding");
  }
}

function record(json: Json | undefined, at: string, members: readonly string[]): JsonRecord {
  if (!isRecord(json)) throw wrong(at, json, "an object");
  const unknown = Object.keys(json).find((name) => !members.includes(name));
  if (unknown !== undefined) {
    throw new UsageError(`${at} was given "${printable(unknown, 40)}"; wanted ${members.join(", ")}`);
  }
  return json;
}

function list(json: Json | undefined, at: string): readonly Json[] {
  if (json === undefined) return [];
  if (!Array.isArray(json)) throw wrong(at, json, "a list");
  return json;
}

function text(json: Json | undefined, at: string): string {
  if (typeof json !== "string") throw wrong(at, json, "text");
  return json;
}

function oneOf<T extends string>(json: Json | undefined, at: string, allowed: readonly T[]): T {
  const found = allowed.find((each) => each === json);
  if (found === undefined) throw wrong(at, json, allowed.join(" or "));
  return found;
}

const wrong = (at: string, given: Json | undefined, wanted: string): UsageError => {
  const shown = given === undefined ? "nothing" : printable(JSON.stringify(given), MAX_SHOWN_CHARS);
  return new UsageError(`${at} was given ${shown}; wanted ${wanted}`);
};
