import { EXIT } from "../cli/exit_codes.ts";
import { columns } from "../cli/table.ts";
import { isRecord, type Json, printable } from "../json_payload.ts";
import { quorumSizes } from "../reply_tally.ts";
import type { ReplicaStatus } from "../status_report.ts";
import type { Command } from "./command.ts";

const MAX_CELL_CHARS = 24;
const HASH_CHARS = 12;

/** Columns of the table, and the members of a replica's status they show; a dot leads into an object. */
const COLUMNS: readonly (readonly [string, readonly string[]])[] = [
  ["ROLE", ["role"]],
  ["TERM", ["term"]],
  ["LEADER", ["leader"]],
  ["COMMIT", ["commitIndex"]],
  ["APPLIED", ["appliedIndex"]],
  ["LOG HASH", ["commitHash", "logHash"]],
  ["CRYPTO", ["crypto", "backend"]],
  ["SUSPICION", ["suspicion", "suspects"]],
];

export const status: Command = {
  name: "status",
  usage: "status",
  summary: "show each replica's own view of itself",
  notes: [
    "Exit code 3 where fewer than a quorum of replicas can be reached. Lines are not voted on: a liar's line is its own.",
  ],
  operands: [0, 0],
  options: {},
  async run({ client }) {
    const replicas = await client.getStatus();
    const reachable = replicas.filter((line) => line.reachable).length;
    const { quorum, n } = quorumSizes(replicas.length);
    const { disagreements } = client.report;
    const lines = replicas.map((line) =>
      line.reachable ? reachableRow(line.replica, line.status) : unreachableRow(line)
    );
    const message = reachable < quorum ? `status: ${reachable} of ${n} replicas answered; wanted ${quorum}` : undefined;
    return {
      exitCode: reachable < quorum ? EXIT.noQuorum : EXIT.done,
      json: {
        reachable,
        quorum,
        replicas: replicas.map((line): Json => ({ ...line })),
        disagreements: { ...disagreements },
      },
      output: columns([["REPLICA", ...COLUMNS.map(([title]) => title)], ...lines]),
      ...(message === undefined ? {} : { message }),
    };
  },
};

function unreachableRow(line: Extract<ReplicaStatus, { readonly reachable: false }>): string[] {
  return [line.replica, printable(line.reason, 60)];
}

function reachableRow(replica: string, value: Json): string[] {
  return [
    replica,
    ...COLUMNS.map(([title, names]) => cell(member(value, names), title === "LOG HASH" ? HASH_CHARS : MAX_CELL_CHARS)),
  ];
}

function member(value: Json, names: readonly string[]): Json | undefined {
  if (!isRecord(value)) return undefined;
  const name = names.find((candidate) => value[candidate] !== undefined);
  return name === undefined ? undefined : value[name];
}

/** One cell, on one line and without anything that steers a terminal. */
function cell(value: Json | undefined, max: number): string {
  if (value === undefined || value === null) return "-";
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  return printable(text, max) || "-";
}
