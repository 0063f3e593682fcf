/** The word of a replica for itself, read member by member: a liar may answer with any JSON. */
import { isRecord, type Json, printable } from "../../calls/json_payload.ts";
import type { ReplicaStatus } from "../../calls/status_report.ts";

const MAX_WORD_CHARS = 24;
const MAX_TEXT_CHARS = 120;
/** Items read of a list of a replica. */
const MAX_ITEMS = 16;

/** An account of lies, as a replica names it. */
export interface NamedEvidence {
  readonly kind: string;
  readonly culprit: string;
}

/** An office of a leader, as one replica saw it. */
export interface NamedOffice {
  readonly term: number;
  readonly leader: string;
  readonly wantedFor: string | null;
}

/** One replica's word for itself; null where it said nothing that can be read. */
export interface Reading {
  readonly replica: string;
  readonly role: string | null;
  readonly term: number | null;
  readonly leader: string | null;
  readonly lastIndex: number | null;
  readonly preparedIndex: number | null;
  readonly commitIndex: number | null;
  readonly commitHash: string | null;
  readonly appliedIndex: number | null;
  readonly epoch: number | null;
  readonly suspecting: string | null;
  readonly interventions: number;
  readonly checkpoint: number | null;
  readonly uptimeMs: number | null;
  readonly memoryBytes: number | null;
  readonly evidence: readonly NamedEvidence[];
  readonly offices: readonly NamedOffice[];
}

const NOTHING: Omit<Reading, "replica"> = {
  ...{ role: null, term: null, leader: null, lastIndex: null, preparedIndex: null, commitIndex: null },
  ...{ commitHash: null, appliedIndex: null, epoch: null, suspecting: null, interventions: 0, checkpoint: null },
  ...{ uptimeMs: null, memoryBytes: null, evidence: [], offices: [] },
};

/** Returns what can be read of a replica's answer. */
export function readingOf(line: ReplicaStatus): Reading {
  const { replica } = line;
  if (!line.reachable || !isRecord(line.status)) return { replica, ...NOTHING };
  const { status } = line;
  return {
    ...{ replica, role: word(status["role"]), term: count(status["term"]), leader: word(status["leader"]) },
    ...{ lastIndex: count(status["lastIndex"]), preparedIndex: count(memberOf(status["prepared"], "index")) },
    ...{ commitIndex: count(status["commitIndex"]), commitHash: hash(status["commitHash"]) },
    ...{ appliedIndex: count(status["appliedIndex"]), epoch: count(status["epoch"]) },
    ...{ suspecting: word(status["suspecting"]), interventions: count(status["interventions"]) ?? 0 },
    ...{ checkpoint: count(memberOf(status["checkpoint"], "index")), uptimeMs: count(status["uptimeMs"]) },
    ...{ memoryBytes: count(status["memoryBytes"]), evidence: listOf(status["evidence"]).flatMap(evidenceOf) },
    offices: listOf(memberOf(status["offices"], "past")).flatMap(officeOf),
  };
}

const memberOf = (value: Json | undefined, name: string): Json | undefined => isRecord(value) ? value[name] : undefined;

const listOf = (value: Json | undefined): readonly Json[] => Array.isArray(value) ? value.slice(-MAX_ITEMS) : [];

function evidenceOf(value: Json): NamedEvidence[] {
  const [kind, culprit] = [word(memberOf(value, "kind")), word(memberOf(value, "culprit"))];
  return kind === null || culprit === null ? [] : [{ kind, culprit }];
}

function officeOf(value: Json): NamedOffice[] {
  const [term, leader] = [count(memberOf(value, "term")), word(memberOf(value, "leader"))];
  return term === null || leader === null ? [] : [{ term, leader, wantedFor: word(memberOf(value, "wantedFor")) }];
}

const word = (value: Json | undefined): string | null =>
  typeof value === "string" ? printable(value, MAX_WORD_CHARS) : null;

const count = (value: Json | undefined): number | null =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : null;

const hash = (value: Json | undefined): string | null =>
  typeof value === "string" && /^[0-9a-f]{64}$/.test(value) ? value : null;

/** Returns `text` as it may be shown. */
export const shown = (text: string): string => printable(text, MAX_TEXT_CHARS);
