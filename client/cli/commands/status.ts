import { type ClusterHealth, judgeHealth } from "../../calls/cluster_health.ts";
import { isRecord, type Json, printable } from "../../calls/json_payload.ts";
import type { ReplicaStatus } from "../../calls/status_report.ts";
import { EXIT } from "../common/exit_codes.ts";
import { columns } from "../common/table.ts";
import type { Command } from "./command.ts";

const MAX_CELL_CHARS = 24;
const HASH_CHARS = 12;

/** Columns of the table, and the part of a replica's status that each shows. */
const COLUMNS: readonly (readonly [string, (status: Members) => Json | undefined])[] = [
  ["ROLE", roleOf],
  ["EPOCH", epochOf],
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

/** Returns the epoch that a replica is in, and how far it is from there to the next (§13.7); a dash is one that knows none. */
function epochOf({ epoch, epochProgress }: Members): Json | undefined {
  return epochProgress === undefined || epochProgress === "running" ? epoch : `${epoch} ${epochProgress}`;
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
  summary: "tell whether the cluster can write now, and show each replica's own view of itself",
  notes: [
    "Exit code 0 where a quorum of replicas says that it can take part and follows a leader among it, 3 where too few can take part",
    "(down, learners, deactivated, disks that refuse), 1 where enough can but have no leader. Each line is one replica's own word, and",
    "f of them may lie: the sentence says what it is worth. A write is the only proof.",
  ],
  operands: [0, 0],
  options: {},
  async run({ client }) {
    const replicas = await client.getStatus();
    const { profile } = client.roster.constants;
    const health = judgeHealth(replicas, profile);
    const table = columns([["REPLICA", ...COLUMNS.map(([title]) => title)], ...replicas.map(row)]);
    return {
      exitCode: EXIT_OF[health.verdict],
      json: { profile, ...jsonOf(replicas, health, client.report.disagreements) },
      output: [table, `profile: ${profile}`, ...(health.writable ? [health.sentence] : [])].join("\n"),
      ...(health.writable ? {} : { message: `status: ${health.sentence}` }),
    };
  },
};

const EXIT_OF = { "writable": EXIT.done, "no-quorum": EXIT.noQuorum, "no-leader": EXIT.failed } as const;

function jsonOf(
  replicas: readonly ReplicaStatus[],
  { verdict, writable, certain, sentence, standings, sizes: { quorum } }: ClusterHealth,
  disagreements: Readonly<Record<string, number>>,
): { readonly [name: string]: Json } {
  return {
    ...{ writable, verdict, certain, sentence },
    reachable: replicas.filter((line) => line.reachable).length,
    quorum,
    replicas: replicas.map((line, i): Json => {
      const { role, full, reason } = standings[i]!;
      return { ...line, role, full, reason: line.reachable ? reason : line.reason };
    }),
    disagreements: { ...disagreements },
  };
}

const row = (line: ReplicaStatus): string[] =>
  line.reachable ? reachableRow(line.replica, line.status) : unreachableRow(line);

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
