import { LIMITS } from "../../../../protocol/limits.ts";
import type { Json } from "../../../calls/json_payload.ts";
import { transactionFromJson, transactionJson } from "../../../calls/transaction_json.ts";
import { textOf } from "../../../calls/value_json.ts";
import { UsageError } from "../../../errors.ts";
import { EXIT } from "../../common/exit_codes.ts";
import type { Command } from "../command.ts";

/** Bytes of JSON that hold the longest transaction, whose bytes JSON may escape six for one. */
const MAX_JSON_BYTES = 8 * LIMITS.maxCommandBytes;

export const txn: Command = {
  name: "txn",
  usage: "txn JSON",
  summary: "compare keys, then do one branch of operations or the other, as one",
  notes: [
    'JSON: {"compare": [{"key", "target": "revision" | "createRevision" | "value", "is": "=" | "!=" | "<" | ">", "to"}], "then": [], "else": []};',
    'operations: {"op": "put", "key", "value", "lease"}, {"op": "get", "key"}, {"op": "delete", "key"}, {"op": "list", "prefix", "limit"}. JSON "-" is read from',
    "standard input. Exit code 0 where all comparisons held and `then` was done, 1 where `else` was.",
  ],
  operands: [1, 1],
  options: {},
  async run({ client, operands: [given = ""], readStdin }) {
    const text = given === "-" ? textOf(await readStdin(MAX_JSON_BYTES)) : given;
    const outcome = await client.txn(transactionFromJson(parsed(text)));
    const json = transactionJson(outcome);
    const { succeeded, revision, index } = outcome;
    const head = `txn: did ${succeeded ? "then" : "else"}, revision ${revision}, log index ${index}`;
    const lines = (json["results"] as readonly Json[]).map((result) => `  ${JSON.stringify(result)}`);
    return { exitCode: succeeded ? EXIT.done : EXIT.failed, json, output: [head, ...lines].join("\n") };
  },
};

function parsed(text: string | null): Json {
  try {
    if (text !== null) return JSON.parse(text);
  } catch {
    // Said below, as of bytes that are no text.
  }
  throw new UsageError(
    `JSON was given ${text === null ? "bytes that are not UTF-8" : "text that is none"}; wanted a transaction`,
  );
}
