/** The outcome of one attack, and the verdict on it. */
import type { Party } from "../attack.ts";
import { WORK } from "./words_of_replicas.ts";

/** Honest load over one stretch of time. */
export interface Phase {
  /** Writes acknowledged in a second. */
  readonly writesPerSecond: number;
  /** Processor time of replicas and clients for each of them: it grows by what an attack makes replicas do, whatever else the machine does. */
  readonly cpuMsPerWrite: number;
  /** Cores that replicas and clients used. */
  readonly cores: number;
}

export interface Result {
  readonly name: string;
  readonly party: Party;
  readonly what: string;
  readonly seconds: number;
  /** Before, during the attack, beside a process that burns as much, and after. */
  readonly before: Phase;
  readonly during: Phase;
  readonly control: Phase;
  readonly after: Phase;
  /** Time from the end of the attack until writes went on; the control begins then. */
  readonly recoveryMs: number;
  /** Cores that the attacker used. */
  readonly attackerCores: number;
  /** Peak of each honest replica's memory. */
  readonly peakMiB: Readonly<Record<string, number>>;
  readonly boundMiB: number;
  /** Replicas that ended. */
  readonly ended: readonly string[];
  /** Honest writes that failed. */
  readonly failures: readonly string[];
  readonly deeds: Readonly<Record<string, number>>;
  /** Growth of counters in status, over all replicas. */
  readonly status: Readonly<Record<string, number>>;
  /** Lines of each replica's log, by event. */
  readonly log: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** Share of the control's throughput that has to be left. */
const WANTED: Readonly<Record<Party, number>> = { outsider: 0.8, client: 0.8, insider: 0.5 };

/** Returns throughput during the attack as a share of that beside the control. */
export const ratioOf = ({ during, control }: Pick<Result, "during" | "control">): number =>
  during.writesPerSecond / control.writesPerSecond;

/** Returns harm done: processes that ended, memory beyond its bound, writes that failed. */
export function harmOf(
  { ended, peakMiB, boundMiB, failures }: Pick<Result, "ended" | "peakMiB" | "boundMiB" | "failures">,
): string[] {
  return [
    ...ended.map((id) => `${id} ended`),
    ...Object.entries(peakMiB).flatMap(([id, peak]) =>
      peak > boundMiB ? [`${id} took ${peak} MiB of ${boundMiB}`] : []
    ),
    ...failures.slice(0, 3).map((message) => `a write failed: ${message}`),
  ];
}

/** Returns everything that falls short of what is promised, throughput included. */
export function faultsOf(result: Result): string[] {
  const ratio = ratioOf(result);
  const wanted = WANTED[result.party];
  return [...harmOf(result), ...(ratio >= wanted ? [] : [`throughput ${ratio.toFixed(2)}, wanted ${wanted}`])];
}

export const TABLE_HEAD = [
  "| who | attack | before | during | control | after | CPU ms a write | ratio | on after ms | peak MiB | bound | did | status | log | verdict |",
  "| --- | --- | --: | --: | --: | --: | --- | --: | --: | --: | --: | --- | --- | --- | --- |",
].join("\n");

/** Returns the result as a row of a table in Markdown. */
export function tableRow(result: Result): string {
  const { party, name, before, during, control, after, peakMiB, boundMiB, deeds, status, log } = result;
  const peak = Math.max(...Object.values(peakMiB));
  const faults = faultsOf(result);
  const phases = [before, during, control, after];
  const numbers = [
    ...phases.map(({ writesPerSecond }) => writesPerSecond.toFixed(0)),
    phases.map(({ cpuMsPerWrite }) => cpuMsPerWrite.toFixed(1)).join(" "),
  ];
  const lines = mergedLog(log);
  const cells = [
    party,
    name,
    ...numbers,
    ratioOf(result).toFixed(2),
    String(result.recoveryMs),
    String(peak),
    String(boundMiB),
  ];
  const words = [
    listed(deeds),
    listed(withoutWork(status)),
    listed(lines),
    faults.length === 0 ? "held" : `**${faults.join("; ")}**`,
  ];
  return `| ${[...cells, ...words].join(" | ")} |`;
}

const withoutWork = (status: Result["status"]): Result["status"] =>
  Object.fromEntries(Object.entries(status).filter(([name]) => !name.startsWith(WORK)));

const MOST_LISTED = 6;

/** Returns the largest counts, in words. */
function listed(counts: Readonly<Record<string, number>>): string {
  const sorted = Object.entries(counts).sort(([, a], [, b]) => b - a);
  const shown = sorted.slice(0, MOST_LISTED).map(([name, count]) => `${name} ${Math.round(count)}`).join(", ");
  return sorted.length > MOST_LISTED ? `${shown}, …` : shown || "nothing";
}

function mergedLog(log: Result["log"]): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const counts of Object.values(log)) {
    for (const [event, count] of Object.entries(counts)) sum[event] = (sum[event] ?? 0) + count;
  }
  return sum;
}
