/** Figures that replicas tell of themselves, from their status before and after. */
import type { ReplicaReport } from "../../replica/status/status.ts";
import type { Measured } from "../load/load_group.ts";

/** All replicas together, a write each, unless something else is said. */
export interface ProtocolFigures {
  /** Leader at the end. */
  readonly leader: string | null;
  /** Terms that began meanwhile: 0 where the leader stayed. */
  readonly newTerms: number;
  readonly entriesPerSecond: number;
  /** Requests turned away as busy a second. */
  readonly busyPerSecond: number;
  /** Writes an entry. */
  readonly batch: number;
  /** Signatures made and checked. */
  readonly signed: number;
  readonly verified: number;
  /** The same by clients. */
  readonly clientSigned: number;
  readonly clientVerified: number;
  /** Messages over all connections; one that is published to all peers is sent once and received by each of them. */
  readonly sent: number;
  readonly received: number;
  /** Messages that were not sent because a queue was full. */
  readonly dropped: number;
  readonly transactions: number;
  /** Transactions that waited until the disk had them. */
  readonly fsyncs: number;
}

/** Counters of a replica. */
export type ReplicaCounters = Pick<
  ReplicaReport,
  "uptimeMs" | "leader" | "term" | "commitIndex" | "crypto" | "transport" | "storage" | "refused"
>;

const MS_PER_SECOND = 1000;

/** Returns the figures of `load`; `before` and `after` have the same replicas in the same order. */
export function protocolFigures(
  load: Measured,
  before: readonly ReplicaCounters[],
  after: readonly ReplicaCounters[],
): ProtocolFigures {
  const { writesPerSecond, writes } = load;
  // Each replica's counters are as of its own report: what they grew by is divided by its own time.
  const rate = (of: (counters: ReplicaCounters) => number) =>
    after.reduce((sum, end, i) => {
      const start = before[i]!;
      return sum + MS_PER_SECOND * (of(end) - of(start)) / (end.uptimeMs - start.uptimeMs);
    }, 0);
  const perWrite = (of: (counters: ReplicaCounters) => number) => rate(of) / writesPerSecond;
  const entriesPerSecond = rate(({ commitIndex }) => commitIndex) / after.length;
  const highest = (all: readonly ReplicaCounters[]) => Math.max(...all.map(({ term }) => term));
  return {
    leader: after.find(({ leader }) => leader !== null)?.leader ?? null,
    newTerms: highest(after) - highest(before),
    entriesPerSecond,
    busyPerSecond: rate(({ refused }) => refused["busy:SendRequest"] ?? 0),
    batch: writesPerSecond / entriesPerSecond,
    signed: perWrite(({ crypto }) => crypto.signed),
    verified: perWrite(({ crypto }) => crypto.verified),
    clientSigned: load.signed / writes,
    clientVerified: load.verified / writes,
    sent: perWrite(({ transport }) => transport.sent),
    received: perWrite(({ transport }) => transport.received),
    dropped: perWrite(({ transport }) => transport.dropped),
    transactions: perWrite(({ storage }) => storage.commits),
    fsyncs: perWrite(({ storage }) => storage.durableCommits),
  };
}
