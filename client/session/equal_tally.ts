/** Counts equal values from different replicas (§2.4): the one rule behind replies, fast reads and committed commands. */

/** One value and the replicas that gave it, in the order they answered. */
export interface TallyGroup<V> {
  readonly value: V;
  readonly replicas: string[];
}

/** Outcome of one vote. */
export type TallyVerdict =
  /** Counted; its group may have reached `needed`. */
  | "counted"
  /** This replica already answered; its first answer stands. */
  | "repeated"
  /** Not a replica of the roster. */
  | "stranger";

/** Votes on one question. At most one value is held for each replica, so its size is bounded by the roster's. */
export interface EqualTally<V> {
  readonly replicas: ReadonlySet<string>;
  readonly needed: number;
  readonly same: (a: V, b: V) => boolean;
  readonly voters: Set<string>;
  readonly groups: TallyGroup<V>[];
  /** The first group that reached `needed`; never replaced. */
  accepted: TallyGroup<V> | null;
}

/** Creates an empty tally. Throws `RangeError` unless 1 ≤ needed ≤ number of replicas. */
export function createEqualTally<V>(
  replicas: ReadonlySet<string>,
  needed: number,
  same: (a: V, b: V) => boolean,
): EqualTally<V> {
  if (!Number.isSafeInteger(needed) || needed < 1 || needed > replicas.size) {
    throw new RangeError(`tally was given needed = ${needed}; wanted a whole number from 1 to ${replicas.size}`);
  }
  return { replicas, needed, same, voters: new Set(), groups: [], accepted: null };
}

/** Counts `value` as the answer of `replica`; only a replica's first answer counts. */
export function countVote<V>(tally: EqualTally<V>, replica: string, value: V): TallyVerdict {
  if (!tally.replicas.has(replica)) return "stranger";
  if (tally.voters.has(replica)) return "repeated";
  tally.voters.add(replica);
  let group = tally.groups.find((candidate) => tally.same(candidate.value, value));
  if (group === undefined) {
    group = { value, replicas: [] };
    tally.groups.push(group);
  }
  group.replicas.push(replica);
  if (tally.accepted === null && group.replicas.length >= tally.needed) tally.accepted = group;
  return "counted";
}

/**
 * Counts `value` as the latest answer of `replica`, in place of what it said before, until something is accepted. For questions whose true answer
 * changes in time: each replica still has one voice.
 */
export function countLatestVote<V>(tally: EqualTally<V>, replica: string, value: V): TallyVerdict {
  const before = tally.groups.find(({ replicas }) => replicas.includes(replica));
  if (tally.accepted === null && before !== undefined && !tally.same(before.value, value)) {
    withdrawVote(tally, replica, before);
  }
  return countVote(tally, replica, value);
}

function withdrawVote<V>({ voters, groups }: EqualTally<V>, replica: string, group: TallyGroup<V>): void {
  voters.delete(replica);
  group.replicas.splice(group.replicas.indexOf(replica), 1);
  if (group.replicas.length === 0) groups.splice(groups.indexOf(group), 1);
}

/** Returns whether the replicas still silent could bring some value that is `wanted` to `needed`. */
export function canStillAccept<V>(tally: EqualTally<V>, wanted: (value: V) => boolean = () => true): boolean {
  if (tally.accepted !== null) return wanted(tally.accepted.value);
  let largest = 0;
  for (const { value, replicas } of tally.groups) if (wanted(value)) largest = Math.max(largest, replicas.length);
  return largest + tally.replicas.size - tally.voters.size >= tally.needed;
}

/** Returns the replicas whose answer differs from the accepted one; empty before anything is accepted. */
export function dissenters<V>(tally: EqualTally<V>): string[] {
  if (tally.accepted === null) return [];
  return tally.groups.filter((group) => group !== tally.accepted).flatMap((group) => group.replicas);
}
