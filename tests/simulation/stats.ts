/** What a run did, in numbers. */
export interface RunStats {
  /** Inputs handled by all cores. */
  steps: number;
  packets: number;
  byzantinePackets: number;
  starts: number;
  crashes: number;
  /** Terms in which an honest replica knew a leader. */
  elections: number;
  /** Highest index committed by an honest replica. */
  commits: number;
  /** Operations of honest clients that were answered. */
  operations: number;
  virtualMs: number;
  /** From the healing of the network until everything demanded was done. */
  livenessMs: number;
}

export const emptyStats = (): RunStats => ({
  steps: 0,
  packets: 0,
  byzantinePackets: 0,
  starts: 0,
  crashes: 0,
  elections: 0,
  commits: 0,
  operations: 0,
  virtualMs: 0,
  livenessMs: 0,
});
