/** The greedy adversary's view of a moment, and the options it chooses from. */
import type { LogIndex, ReplicaId, Term } from "../../../../protocol/ids.ts";
import type { AppendEntriesResponse } from "../../../../protocol/message.ts";
import { hashAt, lastHead, lastIndex } from "../../../../replica/core/log/log.ts";
import type { CoreState } from "../../../../replica/core/state.ts";
import type { FaultyReplica } from "../actor.ts";
import { honestStates, quorumIn, type Speaker } from "../support/craft.ts";

/** Its goal: two diverging logs, or no progress. */
export type Temper = "fork" | "stall";

export interface Situation {
  readonly faultyReplica: FaultyReplica;
  readonly speaker: Speaker;
  readonly temper: Temper;
  readonly states: readonly (readonly [ReplicaId, CoreState])[];
  /** The honest replicas that are to see quorums the others do not see. */
  readonly pets: ReadonlySet<ReplicaId>;
}

/** One thing it could do now. */
export interface Option {
  readonly score: number;
  /** Identifies the action; an action done once is not repeated. */
  readonly key: string;
  readonly play: () => void;
}

/** A kind of harm: returns every option of it that exists now. */
export type Move = (situation: Situation) => readonly Option[];

/** Chooses pets anew in each term: together with the faulty ones, one fewer than a quorum. */
export class Pets {
  #term = -1;
  #chosen: ReadonlySet<ReplicaId> = new Set();

  of(faultyReplica: FaultyReplica): ReadonlySet<ReplicaId> {
    const { colluders } = faultyReplica;
    const term = Math.max(0, ...honestStates(faultyReplica).map(([, { hard }]) => hard.currentTerm));
    if (term === this.#term) return this.#chosen;
    this.#term = term;
    const count = Math.max(1, quorumIn(colluders).quorum - colluders.members.length - 1);
    // All faulty replicas have the same ones: they follow from the term alone.
    const first = (term * 5) % colluders.honest.length;
    const around = [...colluders.honest.slice(first), ...colluders.honest.slice(0, first)];
    return this.#chosen = new Set(around.slice(0, count));
  }
}

/** Returns a response of `term` that acks everything uncommitted on the log of `state` and reports its head prepared. */
export function fullSupport(self: ReplicaId, term: Term, state: CoreState): AppendEntriesResponse {
  const { log, commitIndex, genesis } = state;
  const acks = log.entries.slice(Math.max(0, commitIndex - log.base.index)).slice(-16)
    .map(({ entry, hash }) => ({ index: entry.index, hash }));
  return {
    kind: "AppendEntriesResponse",
    ...{ term, replica: self, acks, prepared: { term, ...lastHead(log) }, round: state.view.lastRound },
    ...{ commitIndex: log.base.index, commitHash: genesis.hash },
  };
}

/** Returns whether the two logs have different entries somewhere. */
export function conflict(a: CoreState, b: CoreState): boolean {
  const end = Math.min(lastIndex(a.log), lastIndex(b.log)) as LogIndex;
  return hashAt(a.log, end) !== hashAt(b.log, end);
}
