/** Judges what honest replicas execute (I5–I7): only what clients signed, once, at the same index everywhere, with equal states. */
import type { Digest, LogIndex, ReplicaId } from "../../../../protocol/ids.ts";
import type { StateView } from "../../observer.ts";
import { demand } from "../judge.ts";
import { commandName, type RequestBook } from "./request_book.ts";

/** A replica from one start to its next crash. */
interface Incarnation {
  readonly executed: Set<string>;
  /** Number of executions of each command that was signed under several seqs. */
  readonly alike: Map<string, number>;
  lastIndex: number;
  appliedIndex: number;
  /** Index at or below which everything came with a snapshot. */
  restoredIndex: number;
}

/** The index of a request's execution, and its command. */
interface Place {
  readonly index: LogIndex;
  readonly command: string;
}

export class ExecutionChecker {
  executions = 0;
  readonly #requests: RequestBook;
  readonly #commitIndexOf: (at: ReplicaId) => LogIndex;
  /** Replicas that are up. */
  readonly #up = new Map<ReplicaId, Incarnation>();
  readonly #places = new Map<string, Place>();
  readonly #views = new Map<LogIndex, StateView>();
  readonly #sessions = new Map<Digest, StateView>();

  constructor(requests: RequestBook, commitIndexOf: (at: ReplicaId) => LogIndex) {
    this.#requests = requests;
    this.#commitIndexOf = commitIndexOf;
  }

  started(at: ReplicaId): void {
    this.#up.set(at, { executed: new Set(), alike: new Map(), lastIndex: 0, appliedIndex: 0, restoredIndex: 0 });
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

  executed(at: ReplicaId, index: LogIndex, client: string, command: Uint8Array): void {
    this.executions++;
    const incarnation = this.#incarnationOf(at);
    const text = () => `${at} executes a command of ${client} at ${index}`;
    const committed = this.#commitIndexOf(at);
    demand(index <= committed, "I5", () => `${text()}, and has committed up to ${committed}`);
    const { lastIndex } = incarnation;
    demand(index >= lastIndex, "I6", () => `${text()} after one at ${lastIndex}`);
    const { restoredIndex } = incarnation;
    demand(index > restoredIndex, "I7", () => `${text()}, and started from the state at ${restoredIndex}`);
    incarnation.lastIndex = index;
    const keys = this.#requests.keysOf(client, command);
    demand(keys.size > 0, "forged", () => `${text()} that ${client} never signed`);
    if (keys.size > 1) return this.#countAlike(incarnation, commandName(client, command), keys.size, text);
    const [key] = keys;
    demand(!incarnation.executed.has(key!), "I7", () => `${text()}: ${key} a second time`);
    incarnation.executed.add(key!);
    this.#demandPlace(key!, { index, command: command.toHex() }, text);
  }

  /** I7 for a command that its client signed under several seqs. */
  #countAlike({ alike }: Incarnation, name: string, signed: number, text: () => string): void {
    const count = (alike.get(name) ?? 0) + 1;
    demand(count <= signed, "I7", () => `${text()} for the ${count}th time, which it signed ${signed} times`);
    alike.set(name, count);
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
    const committed = this.#commitIndexOf(at);
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
