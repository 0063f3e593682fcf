/** Finds what happened between two looks at a cluster. Pure: from what replicas said then and say now. */
import type { ReplicaStanding } from "../../calls/cluster_health.ts";
import type { NamedEvidence, Reading } from "./readings.ts";
import * as say from "./sentences.ts";

/** Kinds of events, as the page filters them. */
export type EventKind =
  | "election"
  | "intervention"
  | "evidence"
  | "reconfiguration"
  | "replica"
  | "play";

/** Something that happened, before it has a number and a time. */
export interface Happening {
  readonly kind: EventKind;
  /** One plain sentence. */
  readonly text: string;
}

/** Everything seen in one look. */
export interface Look {
  readonly readings: readonly Reading[];
  readonly standings: readonly ReplicaStanding[];
  /** f + 1. */
  readonly weak: number;
  readonly disagreements: Readonly<Record<string, number>>;
  /** Replicas whose commit hash is not that of the entry at their commit index. */
  readonly forked: readonly { readonly replica: string; readonly index: number }[];
}

interface Led {
  readonly leader: string;
  readonly term: number;
}

/** Remembers what was told, and tells what is new. */
export class Timeline {
  #led: Led | null = null;
  #epoch: number | null = null;
  #intervening = false;
  #full: ReadonlyMap<string, boolean> | null = null;
  readonly #told = new Set<string>();
  readonly #disagreements = new Map<string, number>();
  readonly #forked = new Set<string>();

  /** Returns what happened since the look before, in the order in which it is told. */
  after(look: Look): Happening[] {
    return [
      ...this.#reconfigured(look),
      ...this.#standings(look),
      ...this.#interventions(look),
      ...this.#evidence(look),
      ...this.#contradictions(look),
      ...this.#election(look),
    ];
  }

  /** Believes a leader that f + 1 full replicas name. */
  #election({ standings, readings, weak }: Look): Happening[] {
    const led = ledBy(standings, weak);
    const before = this.#led;
    if (led === null || (before !== null && (led.term <= before.term))) return [];
    this.#led = led;
    const reason = before === null ? null : wantedFor(readings, before.term);
    return [{ kind: "election", text: say.electionSentence(led.leader, led.term, before, reason) }];
  }

  #reconfigured({ readings, weak }: Look): Happening[] {
    const epoch = believed(readings.map(({ epoch }) => epoch), weak);
    const before = this.#epoch;
    if (epoch === null || (before !== null && epoch <= before)) return [];
    this.#epoch = epoch;
    if (before === null) return [];
    return [{ kind: "reconfiguration", text: say.epochSentence(epoch, readings.map(({ replica }) => replica)) }];
  }

  #standings({ standings }: Look): Happening[] {
    const before = this.#full;
    this.#full = new Map(standings.map(({ replica, full }) => [replica, full]));
    return standings.flatMap(({ replica, full, reason }): Happening[] => {
      const wasFull = before?.get(replica) ?? true;
      if (full === wasFull) return [];
      return [{ kind: "replica", text: full ? say.backSentence(replica) : say.lostSentence(replica, reason) }];
    });
  }

  #interventions({ readings }: Look): Happening[] {
    const at = readings.filter(({ interventions }) => interventions > 0);
    const began = at.length > 0 && !this.#intervening;
    this.#intervening = at.length > 0;
    if (!began) return [];
    const most = Math.max(...at.map(({ interventions }) => interventions));
    return [{ kind: "intervention", text: say.interventionSentence(most, at.map(({ replica }) => replica)) }];
  }

  #evidence({ readings }: Look): Happening[] {
    return [...holdersOf(readings)].flatMap(([name, { evidence, holders }]): Happening[] => {
      if (this.#told.has(name)) return [];
      this.#told.add(name);
      return [{ kind: "evidence", text: say.evidenceSentence(evidence, holders) }];
    });
  }

  #contradictions({ disagreements, forked }: Look): Happening[] {
    const more = Object.entries(disagreements).flatMap(([replica, times]): Happening[] => {
      const added = times - (this.#disagreements.get(replica) ?? 0);
      this.#disagreements.set(replica, times);
      return added > 0 ? [{ kind: "evidence", text: say.disagreementSentence(replica, added) }] : [];
    });
    const forks = forked.flatMap(({ replica, index }): Happening[] => {
      if (this.#forked.has(replica)) return [];
      this.#forked.add(replica);
      return [{ kind: "evidence", text: say.forkSentence(replica, index) }];
    });
    return [...more, ...forks];
  }
}

/** Returns the leader that `weak` full replicas name, of the highest term among several. */
export function ledBy(standings: readonly ReplicaStanding[], weak: number): Led | null {
  const named = standings.flatMap(({ full, follows }) => full && follows !== null ? [follows] : []);
  const enough = named.filter(({ term, leader }) =>
    named.filter((other) => other.term === term && other.leader === leader).length >= weak
  );
  return enough.sort((a, b) => b.term - a.term)[0] ?? null;
}

/** Returns the highest value that at least `weak` replicas have reached: f liars alone cannot raise it. */
export function believed(values: readonly (number | null)[], weak: number): number | null {
  const known = values.filter((value) => value !== null).sort((a, b) => b - a);
  return known[weak - 1] ?? null;
}

/** Returns the reason that most replicas had for the end of the office of `term`. */
function wantedFor(readings: readonly Reading[], term: number): string | null {
  const counts = new Map<string, number>();
  for (const { offices } of readings) {
    const reason = offices.find((office) => office.term === term)?.wantedFor ?? null;
    if (reason !== null) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? null;
}

function holdersOf(readings: readonly Reading[]) {
  const found = new Map<string, { readonly evidence: NamedEvidence; readonly holders: string[] }>();
  for (const { replica, evidence } of readings) {
    for (const each of evidence) {
      const name = `${each.kind} ${each.culprit}`;
      const known = found.get(name) ?? { evidence: each, holders: [] };
      if (!known.holders.includes(replica)) known.holders.push(replica);
      found.set(name, known);
    }
  }
  return found;
}

/** Returns the replicas that at least `weak` others hold evidence against. */
export function accusedBy(readings: readonly Reading[], weak: number): string[] {
  const accusers = new Map<string, Set<string>>();
  for (const { replica, evidence } of readings) {
    for (const { culprit } of evidence) {
      accusers.set(culprit, (accusers.get(culprit) ?? new Set()).add(replica));
    }
  }
  return [...accusers].filter(([, by]) => by.size >= weak).map(([culprit]) => culprit);
}
