/** A benchmark's result for people. */
import { figure, textTable } from "../../tasks/support/text_table.ts";
import { nameOf } from "../load/measure_load.ts";
import type { BenchResult, Idle, SystemResult } from "./bench_result.ts";
import type { Comparison } from "./compare.ts";
import type { BenchPlan } from "./plan.ts";
import type { ProtocolFigures } from "./protocol_figures.ts";
import { callOf, type CpuFigures, type Row } from "./row.ts";

/** Returns one measured row as a line, with what makes it doubtful. */
export function rowLine(run: number, system: string, row: Row): string {
  const { clients, writesPerSecond, latencyMs, failures, protocol } = row;
  const newTerms = protocol?.newTerms ?? 0;
  return [
    `run ${run}, ${system}, ${nameOf(clients)}: ${figure(writesPerSecond)} ${callOf(row)}s/s`,
    ...[`p50 ${figure(latencyMs.p50)} ms`, `p99 ${figure(latencyMs.p99)} ms`],
    ...(row.readsOrdered === 0
      ? []
      : [`${figure(100 * row.readsOrdered / row.reads)} % of ${row.reads} reads ordered`]),
    ...(failures === 0 ? [] : [`${failures} WITHOUT ANSWER`]),
    ...(newTerms === 0 ? [] : [`${newTerms} NEW TERMS`]),
  ].join(", ");
}

/** Returns the whole result as lines. */
export function reportLines({ plan, machine, systems, comparison }: BenchResult): string[] {
  return [
    ...[
      "",
      `${machine.cores} × ${machine.processor}, Linux ${machine.kernel}, Deno ${machine.deno}; ${planLine(plan)}`,
    ],
    ...systems.flatMap(systemLines),
    ...(comparison === null ? [] : comparisonLines(systems, comparison)),
  ];
}

function planLine({ size, mode, outstanding, runs, seconds, warmUpSeconds }: BenchPlan): string {
  const load = mode === "closed" ? "closed loop" : `pipelined, ${outstanding} outstanding a client`;
  const times = runs === 1 ? "one run" : `medians of ${runs} runs`;
  return `${size} B a value, ${load}, ${seconds} s after ${warmUpSeconds} s of warm-up, ${times}`;
}

function systemLines({ name, servers, load, medians: { idle, rows } }: SystemResult): string[] {
  const protocol = rows.filter((row) => row.protocol !== null);
  const call = rows[0] === undefined ? "write" : callOf(rows[0]);
  return [
    ...["", `${name}, ${servers} servers; load by ${load}`],
    ...(idle === null ? [] : [idleLine(idle)]),
    ...textTable(loadHead(call), rows.map(loadCells)),
    ...(protocol.length === 0 ? [] : [`a ${call}:`, ...textTable(PROTOCOL_HEAD, protocol.map(protocolCells))]),
  ];
}

function idleLine({ seconds, cpuPercent, residentMiB }: Idle): string {
  const total = Object.values(cpuPercent).reduce((a, b) => a + b, 0);
  const list = (values: Readonly<Record<string, number>>) => Object.values(values).map(figure).join(" ");
  return `idle ${seconds.toFixed(0)} s: ${figure(total)} % of a core in all (${list(cpuPercent)}), MiB ${
    list(residentMiB)
  }`;
}

const loadHead = (call: string): string[] => [
  ...["clients", `${call}s/s`, "p50 ms", "p90", "p99", "p99.9", "max"],
  ...[`CPU ms a ${call}`, "servers", "clients", "bytes", "packets"],
];

const loadCells = ({ clients, writesPerSecond, latencyMs, cpuMs, loopback }: Row): string[] => {
  const { p50, p90, p99, p999, max } = latencyMs;
  const figures = [writesPerSecond, p50, p90, p99, p999, max, cpuMs.all, cpuMs.servers, cpuMs.clients];
  return [`${clients}`, ...[...figures, loopback.bytes, loopback.packets].map(figure)];
};

const PROTOCOL_HEAD = [
  ...["clients", "batch", "signed", "verified", "client signed", "client verified", "sent", "received"],
  ...["transactions", "fsyncs", "leader ms", "follower ms", "client process ms"],
];

function protocolCells({ clients, protocol, cpuMs }: Row): string[] {
  const { batch, signed, verified, clientSigned, clientVerified, sent, received, transactions, fsyncs } = protocol!;
  const figures = [batch, signed, verified, clientSigned, clientVerified, sent, received, transactions, fsyncs];
  return [`${clients}`, ...[...figures, ...cpuByRole(protocol!, cpuMs)].map(figure)];
}

/** Returns the processor time a write of the leader, and of a follower and a client process on average. */
function cpuByRole({ leader }: ProtocolFigures, { each, servers, clients }: CpuFigures): number[] {
  const leading = leader === null ? NaN : each[leader]!;
  const clientProcesses = Object.keys(each).filter((name) => name.startsWith("client")).length;
  const followers = Object.keys(each).length - clientProcesses - 1;
  return [leading, (servers - leading) / followers, clients / clientProcesses];
}

function comparisonLines([ours, theirs]: readonly SystemResult[], rows: readonly Comparison[]): string[] {
  const head = [
    "clients",
    "writes/s",
    "",
    "ratio",
    "p50 ms",
    "",
    "ratio",
    "p99 ms",
    "",
    "ratio",
    "CPU ms",
    "",
    "ratio",
  ];
  const cells = rows.map(({ clients, writesPerSecond, p50Ms, p99Ms, cpuMs }) => [
    `${clients}`,
    ...[writesPerSecond, p50Ms, p99Ms, cpuMs].flatMap((each) => [each.ours, each.theirs, each.ratio].map(figure)),
  ]);
  return ["", `${ours!.name} / ${theirs!.name}: medians of both, and their ratio`, ...textTable(head, cells)];
}
