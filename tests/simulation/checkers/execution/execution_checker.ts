/**
 * Judges what honest replicas execute (I5–I7, §7.4): only what clients signed, once, at the same index everywhere, with equal states; commands as
 * commands and queries as queries.
 */
import { equalBytes } from "../../../../protocol/bytes/equal_bytes.ts";
import type { Digest, LogIndex, ReplicaId } from "../../../../protocol/ids.ts";
import type { OperationMode } from "../../../../protocol/operations/group.ts";
import type { StateView } from "../../observer.ts";
import { demand } from "../judge.ts";
import type { Executed } from "./reference_sessions.ts";
import type { ReferenceState } from "./reference_state.ts";
import { commandName, type RequestBook } from "./request_book.ts";

/** A replica from one start to its next crash. */
interface Incarnation {
  readonly executed: Set<string>;
  /** The entry whose commands it executes, and how many of them it has. */
  at: number;
  done: number;
  lastIndex: number;
  appliedIndex: number;
  /** Index at or below which everything came with a snapshot. */
  restoredIndex: number;
}

/** One call of a state machine, which is not told whose a query is. */
interface Call {
  readonly index: LogIndex;
  readonly mode: OperationMode;
  readonly client: string | null;
  readonly command: Uint8Array;
}

/** The index of a request's execution, and its command. */
interface Place {
  readonly index: LogIndex;
  readonly command: string;
}

export class ExecutionChecker {
  executions = 0;
  readonly #requests: RequestBook;
  readonly #committedAt: (at: ReplicaId) => number;
  /** Replicas that are up. */
  readonly #up = new Map<ReplicaId, Incarnation>();
  readonly #places = new Map<string, Place>();
  readonly #views = new Map<LogIndex, StateView>();
  readonly #sessions = new Map<Digest, StateView>();
  readonly #reference: ReferenceState;
  /** Executions counted, by key, and how many there are of each command. */
  readonly #counted = new Set<string>();
  readonly #counts = new Map<string, number>();

  constructor(requests: RequestBook, reference: ReferenceState, committedAt: (at: ReplicaId) => number) {
    this.#requests = requests;
    this.#reference = reference;
    this.#committedAt = committedAt;
  }

  started(at: ReplicaId): void {
    this.#up.set(at, { executed: new Set(), at: 0, done: 0, lastIndex: 0, appliedIndex: 0, restoredIndex: 0 });
  }

  crashed(at: ReplicaId): void {
    this.#up.delete(at);
  }

  /** I6: `at` continues from the state at `index`, which no execution may change any more. */
  restored(at: ReplicaId, index: LogIndex): void {
    const incarnation = this.#incarnationOf(at);
    const { appliedIndex, lastIndex } = incarnation;
    demand(
      index >= appliedIndex && index >= lastIndex,
      "I6",
      () => `${at} goes back to the state at ${index}, it had applied ${Math.max(appliedIndex, lastIndex)}`,
    );
    incarnation.appliedIndex = index;
    incarnation.lastIndex = index;
    incarnation.restoredIndex = index;
  }

  /** Judges a command that the machine of `at` executes. */
  executed(at: ReplicaId, index: LogIndex, client: string, command: Uint8Array): void {
    const text = () => `${at} executes a command of ${client} at ${index}`;
    demand(this.#requests.isSigned(client, command), "forged", () => `${text()} that ${client} never signed`);
    this.#execute(at, { index, mode: "command", client, command }, text);
  }

  /** Judges an ordered query that the machine of `at` answers. */
  queried(at: ReplicaId, index: LogIndex, query: Uint8Array): void {
    this.#execute(
      at,
      { index, mode: "query", client: null, command: query },
      () => `${at} answers a query at ${index}`,
    );
  }

  #execute(at: ReplicaId, call: Call, text: () => string): void {
    this.executions++;
    const { index, command } = call;
    const incarnation = this.#incarnationOf(at);
    const committed = this.#committedAt(at);
    demand(index <= committed, "I5", () => `${text()}, and has committed up to ${committed}`);
    const { lastIndex } = incarnation;
    demand(index >= lastIndex, "I6", () => `${text()} after one at ${lastIndex}`);
    const { restoredIndex } = incarnation;
    demand(index > restoredIndex, "I7", () => `${text()}, and started from the state at ${restoredIndex}`);
    incarnation.lastIndex = index;
    const executed = this.#next(incarnation, call, text);
    incarnation.executed.add(executed.key);
    this.#demandPlace(executed.key, { index, command: command.toHex() }, text);
    this.#demandOnce(executed, text);
  }

  /** I7: every entry executes what the committed chain does there, each once and in that order, and nothing else. */
  #next(incarnation: Incarnation, { index, mode, client, command }: Call, text: () => string): Executed {
    const { sessions } = this.#reference;
    this.#reference.reach(index);
    if (incarnation.at !== index) Object.assign(incarnation, { at: index, done: 0 });
    const next = sessions.executedAt.get(index)?.[incarnation.done++];
    const mine = next !== undefined && (client ?? next.client) === next.client && equalBytes(next.command, command);
    demand(mine, "I7", () => `${text()}, where the chain executes ${next?.key ?? "no more"}`);
    demand(next.mode === mode, "§7.4", () => `${text()}, and ${next.key} is signed as a ${next.mode}`);
    return next;
  }

  /** I7 over all sessions: what an honest client asked for once is executed once, be it issued in one session after the other. */
  #demandOnce({ key, client, command, index }: Executed, text: () => string): void {
    if (this.#counted.has(key)) return;
    this.#counted.add(key);
    const name = commandName(client, command);
    const count = (this.#counts.get(name) ?? 0) + 1;
    this.#counts.set(name, count);
    const most = this.#requests.mostExecutions(client, command);
    demand(
      count <= most,
      "I7",
      () => `${text()}: ${key} at ${index} is the ${count}th execution of what was asked for ${most} times`,
    );
  }

  /** I6: every replica executes a request at the same index, and if several commands are signed under one seq, the same one. */
  #demandPlace(key: string, place: Place, text: () => string): void {
    const known = this.#places.get(key);
    if (!known) this.#places.set(key, place);
    else {
      demand(known.index === place.index, "I6", () => `${text()}: ${key}, executed elsewhere at ${known.index}`);
      demand(known.command === place.command, "I6", () => `${text()}: ${key}, executed elsewhere with another command`);
    }
  }

  /** I6; and a digest distinguishes session tables. */
  applied(at: ReplicaId, view: StateView): void {
    const { appliedIndex, digest, sessions } = view;
    this.#incarnationOf(at).appliedIndex = appliedIndex;
    const committed = this.#committedAt(at);
    demand(appliedIndex <= committed, "I5", () => `${at} applied ${appliedIndex} and committed ${committed}`);
    const known = this.#views.get(appliedIndex) ?? view;
    this.#views.set(appliedIndex, known);
    demand(known.digest === digest, "I6", () => `${at} has another state at ${appliedIndex} than others`);
    demand(known.sessions === sessions, "I6", () => `${at} has another session table at ${appliedIndex} than others`);
    const alike = this.#sessions.get(digest) ?? view;
    this.#sessions.set(digest, alike);
    demand(
      alike.sessions === sessions,
      "I6",
      () => `states at ${alike.appliedIndex} and ${appliedIndex} have one digest and different session tables`,
    );
  }

  /** Returns the index that `at` has applied up to since it last started. */
  appliedBy(at: ReplicaId): number {
    return this.#up.get(at)?.appliedIndex ?? 0;
  }

  /** Returns the index at which the first replica executed the request. */
  placeOf(key: string): LogIndex | undefined {
    return this.#places.get(key)?.index;
  }

  /**
   * Returns a replica that is up, has applied `index`, and has not executed the request; null if there is none. What came with a snapshot
   * is covered by the state's digest.
   */
  lackedBy(key: string, index: LogIndex): ReplicaId | null {
    for (const [at, { appliedIndex, restoredIndex, executed }] of this.#up) {
      if (appliedIndex >= index && restoredIndex < index && !executed.has(key)) return at;
    }
    return null;
  }

  #incarnationOf(at: ReplicaId): Incarnation {
    if (!this.#up.has(at)) this.started(at);
    return this.#up.get(at)!;
  }
}
