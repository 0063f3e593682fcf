/** Counters of a run. */
export interface RunStats {
  /** Inputs handled by all cores. */
  steps: number;
  packets: number;
  byzantinePackets: number;
  starts: number;
  /** Crashes of the plan, and those of them that came at the very point they were armed for. */
  crashes: number;
  crashesAtPoint: number;
  /** Times that a disk refusing writes ended a replica's work, and honest replicas' disks that were lost. */
  refusals: number;
  wipes: number;
  /** Times that a replica did not get to run for a while. */
  pauses: number;
  /** Times that a replica was told to leave. */
  leaves: number;
  /** Epochs that honest replicas came into behind the first, cores that began in one, with its state or without, and replicas that left. */
  epochs: number;
  crossings: number;
  crossingsWithout: number;
  retirements: number;
  /** Hand-overs that leaders began, whatever for. */
  handOvers: number;
  /** Of honest replicas: learners that became full replicas again, snapshots written, checkpoints found stable, logs cut short. */
  rejoined: number;
  snapshots: number;
  checkpoints: number;
  compactions: number;
  /** State transfers begun and done, chunks fetched in those done, and answers of sources that were wrong, empty or late. */
  transfers: number;
  transferred: number;
  chunks: number;
  badSources: number;
  /** Runs without any demand of service, since more than f replicas were faulty or learners when the network healed. */
  exceeded: number;
  /** Faulty replicas that were stopped by their own lies, and restarted. */
  liarsStopped: number;
  /** Requests of clients turned away as busy. */
  busy: number;
  /** Terms in which an honest replica knew a leader. */
  elections: number;
  /** Highest index committed by an honest replica. */
  commits: number;
  /** Operations of honest clients that were answered. */
  operations: number;
  /** Keys whose history was too tangled to be judged. */
  undecided: number;
  virtualMs: number;
  /** Time from the healing of the network until everything demanded was done. */
  livenessMs: number;
}

export const emptyStats = (): RunStats => ({
  steps: 0,
  packets: 0,
  byzantinePackets: 0,
  starts: 0,
  crashes: 0,
  crashesAtPoint: 0,
  refusals: 0,
  wipes: 0,
  pauses: 0,
  leaves: 0,
  epochs: 0,
  crossings: 0,
  crossingsWithout: 0,
  retirements: 0,
  handOvers: 0,
  rejoined: 0,
  snapshots: 0,
  checkpoints: 0,
  compactions: 0,
  transfers: 0,
  transferred: 0,
  chunks: 0,
  badSources: 0,
  exceeded: 0,
  liarsStopped: 0,
  busy: 0,
  elections: 0,
  commits: 0,
  operations: 0,
  undecided: 0,
  virtualMs: 0,
  livenessMs: 0,
});
