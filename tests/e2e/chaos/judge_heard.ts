/** Judges of listeners: all that they heard, beside all that was written. */

/** A change that a listener heard of; of a value its name, null if the key was deleted. */
export interface Heard {
  readonly revision: number;
  readonly key: string;
  readonly value: string | null;
}

/** A write that may have changed its key. */
export interface WriteDone {
  readonly key: string;
  readonly value: string | null;
  /** Revision at which it was acknowledged; null if its outcome is unknown. */
  readonly revision: number | null;
}

/** Returns what is wrong with what each of several listeners heard: each write that was acknowledged once, in order, and else but writes of unknown outcome; null if nothing is. */
export function judgeHeard(heard: readonly (readonly Heard[])[], writes: readonly WriteDone[]): string | null {
  const [first = [], ...others] = heard;
  for (const [i, one] of heard.entries()) {
    const place = one.findIndex(({ revision }, at) => at > 0 && revision <= one[at - 1]!.revision);
    if (place >= 0) return `listener ${i} heard ${text(one[place]!)} behind ${text(one[place - 1]!)}`;
  }
  for (const [i, one] of others.entries()) {
    const place = differenceOf(first, one);
    if (place >= 0) return `listener ${i + 1} heard ${text(one[place])} where listener 0 heard ${text(first[place])}`;
  }
  return beside(first, writes);
}

function differenceOf(first: readonly Heard[], other: readonly Heard[]): number {
  const length = Math.max(first.length, other.length);
  return Array.from({ length }, (_, i) => i).find((i) => text(first[i]) !== text(other[i])) ?? -1;
}

function beside(heard: readonly Heard[], writes: readonly WriteDone[]): string | null {
  const at = new Map(heard.map((each) => [each.revision, each]));
  const unknown = new Map<string, number>();
  for (const { key, value, revision } of writes) {
    const name = nameOf({ key, value });
    if (revision === null) {
      unknown.set(name, (unknown.get(name) ?? 0) + 1);
      continue;
    }
    const told = at.get(revision);
    if (told === undefined || nameOf(told) !== name) {
      return `${text({ key, value, revision })} was acknowledged, and heard was ${text(told)}`;
    }
    at.delete(revision);
  }
  for (const told of at.values()) {
    const left = unknown.get(nameOf(told)) ?? 0;
    if (left === 0) return `nobody wrote ${text(told)}, or it was heard of twice`;
    unknown.set(nameOf(told), left - 1);
  }
  return null;
}

const nameOf = ({ key, value }: Pick<Heard, "key" | "value">): string => JSON.stringify([key, value]);
const text = (heard: Heard | undefined): string =>
  heard === undefined ? "nothing" : `${nameOf(heard)} at revision ${heard.revision}`;
