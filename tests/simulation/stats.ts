/** What a run did, in numbers. */
export interface RunStats {
  /** Inputs handled by all cores. */
  steps: number;
  packets: number;
  byzantinePackets: number;
  starts: number;
  /** Crashes of the plan, and those of them that came at the very point they were armed for. */
  crashes: number;
  crashesAtPoint: number;
  /** Faulty replicas that were stopped by their own lies, and restarted. */
  liarsStopped: number;
  /** Terms in which an honest replica knew a leader. */
  elections: number;
  /** Highest index committed by an honest replica. */
  commits: number;
  /** Operations of honest clients that were answered. */
  operations: number;
  /** Keys whose history was too tangled to be judged. */
  undecided: number;
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
  crashesAtPoint: 0,
  liarsStopped: 0,
  elections: 0,
  commits: 0,
  operations: 0,
  undecided: 0,
  virtualMs: 0,
  livenessMs: 0,
});
