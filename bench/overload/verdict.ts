/** Judges an overload (what was offered, answered and turned away) and the memory of a long full load. */
import { figure } from "../../tasks/support/text_table.ts";
import type { Row } from "../cluster/row.ts";

/** Part of the peak that the throughput has to reach. */
const LEAST_PART = 0.8;
/**
 * Longest that 99 of 100 of the writes taken may last, from when they were meant to begin: half a second in a full client, which holds a quarter of a
 * second of twice what the cluster can do, half a second at the leader, and as much again for what is turned away there once.
 */
const P99_MS = 2000;
/** Most that the last third of the time may have more memory than the second. */
const MOST_GROWTH = 0.05;

/** A demand, and whether it was met. */
export interface Finding {
  readonly held: boolean;
  readonly text: string;
}

/** Resident memory of each replica in MiB, one figure each time it was looked at. */
export type Memory = Readonly<Record<string, readonly number[]>>;

/** Returns what is to be said of an overload; `times` is what was to be offered, as a multiple of the peak. */
export function judgeOverload(peak: Row, over: Row, times: number): Finding[] {
  const { offered, turnedAway } = over.open!;
  const wanted = times * peak.writesPerSecond;
  const part = over.writesPerSecond / peak.writesPerSecond;
  const { p99 } = over.latencyMs;
  const told = over.protocol?.busyPerSecond ?? 0;
  const newTerms = over.protocol?.newTerms ?? 0;
  return [
    {
      held: offered / over.seconds >= 0.9 * wanted,
      text: `${figure(offered / over.seconds)} writes/s offered, wanted ${figure(wanted)}`,
    },
    {
      held: part >= LEAST_PART,
      text: `${figure(over.writesPerSecond)} writes/s, ${figure(100 * part)} % of the peak of ${
        figure(peak.writesPerSecond)
      }; wanted ${100 * LEAST_PART} %`,
    },
    { held: p99 <= P99_MS, text: `p99 of the writes taken ${figure(p99)} ms, wanted at most ${P99_MS}` },
    { held: newTerms === 0, text: `${newTerms} leaders deposed, wanted none` },
    { held: over.failures === 0, text: `${over.failures} writes without any answer, wanted none` },
    { held: turnedAway > 0, text: `${turnedAway} writes turned away, ${figure(told)} requests/s told busy` },
  ];
}

/** Returns what is to be said of the memory of each replica: the mean of the last third of the time against that of the second. */
export const judgeMemory = (memory: Memory): Finding[] =>
  Object.entries(memory).map(([replica, samples]) => {
    const third = Math.floor(samples.length / 3);
    const [before, after] = [mean(samples.slice(third, 2 * third)), mean(samples.slice(-third))];
    const growth = after / before - 1;
    return {
      held: growth <= MOST_GROWTH,
      text: `${replica}: ${figure(before)} MiB in the second third, ${figure(after)} in the last, ${
        figure(100 * growth)
      } % more; wanted at most ${100 * MOST_GROWTH} %`,
    };
  });

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
