/** Tests that the figures of a soak stay flat: the trend of its second half, replica by replica. */
import { type Trend, trendOf } from "../support/trend.ts";
import type { Sample } from "./timeline.ts";

/** One figure's trends in the second half; of one replica, or of the whole cluster. */
export interface Flatness {
  readonly figure: string;
  readonly unit: string;
  readonly of: string;
  readonly trend: Trend;
}

export const MIB = 1024 * 1024;

/** Figures of one replica's sample. */
export const FIGURES = [
  {
    name: "resident memory",
    unit: "MiB",
    pick: (replica: Sample["replicas"][number]): number | null => replica.residentMiB,
  },
  {
    name: "on disk",
    unit: "MiB",
    pick: ({ databaseBytes, walBytes }: Sample["replicas"][number]): number | null => (databaseBytes + walBytes) / MIB,
  },
  {
    name: "entries in the log",
    unit: "entries",
    pick: ({ status }: Sample["replicas"][number]): number | null =>
      status === null ? null : status.lastIndex - status.logBase,
  },
] as const;

/** Returns the trends of all samples in the second half of `seconds`. */
export function flatnessOf(samples: readonly Sample[], seconds: number): Flatness[] {
  const half = samples.filter((sample) => sample.seconds >= seconds / 2);
  const ids = half[0]?.replicas.map(({ replica }) => replica) ?? [];
  const found = FIGURES.flatMap(({ name, unit, pick }) =>
    ids.map((id, i) => ({
      ...{ figure: name, unit, of: id },
      trend: trendOf(half.flatMap((sample): [number, number][] => {
        const value = pick(sample.replicas[i]!);
        return value === null ? [] : [[sample.seconds, value]];
      })),
    }))
  );
  const rate = trendOf(half.map((sample) => [sample.seconds, sample.load.writesPerSecond]));
  const all = [...found, { figure: "throughput", unit: "writes/s", of: "cluster", trend: rate }];
  return all.flatMap(({ trend, ...what }) => trend === null ? [] : [{ ...what, trend }]);
}
