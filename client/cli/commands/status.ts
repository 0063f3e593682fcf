import { EXIT } from "../common/exit_codes.ts";
import { columns } from "../common/table.ts";
import { isRecord, type Json, printable } from "../../calls/json_payload.ts";
import { quorumOf } from "../../../protocol/quorum.ts";
import type { ReplicaStatus } from "../../calls/status_report.ts";
import type { Command } from "./command.ts";

const MAX_CELL_CHARS = 24;
const HASH_CHARS = 12;

/** Columns of the table, and the part of a replica's status that each shows. */
const COLUMNS: readonly (readonly [string, (status: Members) => Json | undefined])[] = [
  ["ROLE", roleOf],
  ["TERM", ({ term }) => term],
  ["LEADER", ({ leader }) => leader],
  ["COMMIT", ({ commitIndex }) => commitIndex],
  ["APPLIED", ({ appliedIndex }) => appliedIndex],
  ["LOG HASH", ({ commitHash }) => typeof commitHash === "string" ? commitHash.slice(0, HASH_CHARS) : undefined],
  ["CRYPTO", ({ crypto }) => isRecord(crypto) ? crypto["backend"] : undefined],
  ["SUSPICION", ({ suspecting }) => suspecting],
  ["ACCUSED", ({ evidence }) => accused(evidence)],
];

type Members = { readonly [name: string]: Json };

/** Returns a replica's part in the protocol: why it has none, what it waits for without its disk (§8.3, §8.4), or its role. */
function roleOf({ role, active, storage, stateTransfer, recovery }: Members): Json | undefined {
  if (refuses(storage)) return "disk refuses";
  if (active === false) return "inactive";
  if (isRecord(stateTransfer)) return "fetching state";
  return isRecord(recovery) ? "learner" : role;
}

const refuses = (storage: Json | undefined): boolean => isRecord(storage) && storage["state"] === "refused";

/** Returns the replicas a status holds evidence against (§9.1). */
function accused(evidence: Json | undefined): string | undefined {
  if (!Array.isArray(evidence)) return undefined;
  const culprits = evidence.map((item: Json) => isRecord(item) ? item["culprit"] : undefined);
  return [...new Set(culprits.filter((culprit) => typeof culprit === "string"))].join(",");
}

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
    const { quorum, n } = quorumOf(replicas.length);
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
  return [replica, ...COLUMNS.map(([, pick]) => cell(isRecord(value) ? pick(value) : undefined))];
}

/** Returns one cell, on one line and without anything that controls a terminal. */
function cell(value: Json | undefined): string {
  if (value === undefined || value === null) return "-";
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  return printable(text, MAX_CELL_CHARS) || "-";
}
