import { type Compare, decodeKvCommand, type KvCommand } from "../../../state_machine/mod.ts";
import type { CommittedEntry, CommittedRequest, CommittedStatement } from "../../calls/committed_command.ts";
import { type Json, printable } from "../../calls/json_payload.ts";
import { textOf } from "../../calls/value_json.ts";
import { EXIT } from "../common/exit_codes.ts";
import { columns } from "../common/table.ts";
import { wholeNumber } from "../common/whole_number.ts";
import type { Command, CommandResult } from "./command.ts";
import { quoted, valueJson, valueLine } from "./kv/value.ts";

const MAX_VALUE_CHARS = 40;

export const commandAt: Command = {
  name: "command",
  usage: "command INDEX",
  summary: "show the committed entry at a log index, or that there is none",
  notes: ["Accepted on f+1 equal answers. Exit code 1 where none is committed there yet."],
  operands: [1, 1],
  options: {},
  async run({ client, operands: [index = ""] }) {
    return show(await client.getCommittedCommand(wholeNumber("INDEX", index, 1, Number.MAX_SAFE_INTEGER)));
  },
};

function show(entry: CommittedEntry): CommandResult {
  const { index } = entry;
  if (!entry.committed) {
    const message = `command ${index}: none is committed there; the log is committed up to ${entry.commitIndex}`;
    return { exitCode: EXIT.failed, json: { index, committed: false, commitIndex: entry.commitIndex }, message };
  }
  const { term, hash, commands, statements } = entry;
  const head = `index ${index}  term ${term}  hash ${hash.slice(0, 16)}…  ${commands.length || "no"} command(s)`;
  const rows = commands.map((request) => [`  ${printable(request.client, 64)}`, ...cellsOf(request)]);
  const stated = statements === undefined ? {} : { statements: statements.map((each) => ({ ...each })) };
  const json = { index, committed: true, term, hash, commands: commands.map(commandJson), ...stated };
  const empty = `${head} (${statements === undefined ? "no-op" : clocksText(statements)})`;
  return { exitCode: EXIT.done, json, output: rows.length === 0 ? empty : `${head}\n${columns(rows)}` };
}

const clocksText = (statements: readonly CommittedStatement[]): string =>
  `clocks: ${statements.map(({ replica, clock }) => `${printable(replica, 64)} at ${clock} ms`).join(", ")}`;

const cellsOf = (request: CommittedRequest): readonly string[] =>
  "base" in request ? [`base ${request.base}`, "", "", "opens a session"] : [
    `session ${request.session}`,
    request.part === undefined ? `seq ${request.seq}` : `seq ${request.seq}.${request.part + 1}`,
    request.mode,
    describe(decodeKvCommand(request.command), request.command.length),
  ];

function commandJson(request: CommittedRequest): Json {
  if ("base" in request) return { ...request };
  const { command, ...others } = request;
  const kv = decodeKvCommand(command);
  return { ...others, command: command.toBase64(), ...(kv === null ? {} : { kv: kvJson(kv) }) };
}

function kvJson(kv: KvCommand): Json {
  switch (kv.op) {
    case "put":
      return { op: kv.op, key: kv.key, ...valueJson(kv.value), ...(kv.lease ? { lease: kv.lease } : {}) };
    case "cas":
      return { op: kv.op, key: kv.key, revision: kv.revision, ...valueJson(kv.value) };
    case "get":
    case "read":
    case "delete":
      return { op: kv.op, key: kv.key };
    case "list":
    case "range":
    case "grant":
    case "renew":
    case "revoke":
    case "leases":
      return { ...kv };
    case "txn":
      return {
        op: kv.op,
        compare: kv.compare.map(compareJson),
        then: kv.then.map(kvJson),
        else: kv.else.map(kvJson),
      };
  }
}

function compareJson({ to, ...compare }: Compare): Json {
  if (typeof to === "number") return { ...compare, to };
  const text = textOf(to);
  return { ...compare, ...(text === null ? { toBase64: to.toBase64() } : { to: text }) };
}

function describe(kv: KvCommand | null, bytes: number): string {
  switch (kv?.op) {
    case undefined:
      return `${bytes} bytes of another state machine`;
    case "put":
      return `put ${quoted(kv.key)} ${valueLine(kv.value, MAX_VALUE_CHARS)}`;
    case "cas":
      return `cas ${quoted(kv.key)} ${kv.revision} ${valueLine(kv.value, MAX_VALUE_CHARS)}`;
    case "get":
    case "read":
    case "delete":
      return `${kv.op} ${quoted(kv.key)}`;
    case "grant":
      return `grant a lease of ${kv.ttlMs} ms`;
    case "renew":
    case "revoke":
      return `${kv.op} lease ${kv.lease}`;
    case "leases":
      return "leases";
    case "list":
      return `list ${quoted(kv.prefix)}`;
    case "range":
      return `range ${quoted(kv.from)} ${quoted(kv.to)}`;
    case "txn":
      return `txn: ${kv.compare.length} comparisons, then ${kv.then.length} operations, else ${kv.else.length}`;
  }
}
