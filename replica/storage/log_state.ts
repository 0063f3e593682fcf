/** All durable state but chunks, evidence and named values, held in memory. Entries and certificates are shared, never copied: they are immutable. */
import type { Certificate, CheckpointProof, CommitCertificate } from "../../protocol/certificate.ts";
import type { ChainedEntry, Head } from "../../protocol/entry.ts";
import type { LogIndex } from "../../protocol/ids.ts";
import { logIndex } from "../../protocol/ids.ts";
import type { HardState, PersistOperation, Recovered } from "../core/log/durable_state.ts";
import { branchAbove } from "./branch_above.ts";
import { EMPTY_RECOVERED } from "./empty.ts";
import { beginningOf } from "./epoch.ts";

/** The changes of this part of the durable state. */
export type LogOperation = Exclude<PersistOperation, { readonly op: "chunks" | "drop-chunks" | "evidence" }>;

/** Everything but the entries, which are changed in place. */
export type SmallState = Omit<Recovered, "entries" | "evidence">;

const smallOf = ({ entries: _entries, evidence: _evidence, ...small }: Recovered): SmallState => small;
const EMPTY_SMALL = smallOf(EMPTY_RECOVERED);

/** Returns whether `operation` changes what a {@linkcode LogState} holds. */
export const isLogOperation = (operation: PersistOperation): operation is LogOperation =>
  operation.op !== "chunks" && operation.op !== "drop-chunks" && operation.op !== "evidence";

export class LogState {
  #small: SmallState;
  #entries: ChainedEntry[];
  /** Index after which `#entries` begin. It is above the base only while a log is read whose first entries are in no file any more. */
  #first: LogIndex;
  /** Steps that undo the changes of the running transaction to the entries, to be run last one first. */
  #undo: (() => void)[] = [];

  constructor(small: SmallState = EMPTY_SMALL, entries: readonly ChainedEntry[] = [], first?: LogIndex) {
    this.#small = small;
    this.#entries = entries.slice();
    this.#first = first ?? small.base?.index ?? logIndex(0);
  }

  get hardState(): HardState {
    return this.#small.hardState;
  }
  get base(): Head | null {
    return this.#small.base;
  }
  get prepared(): Certificate | null {
    return this.#small.prepared;
  }
  get branch(): readonly ChainedEntry[] {
    return this.#small.branch;
  }
  get commitIndex(): LogIndex {
    return this.#small.commitIndex;
  }
  get commitCertificate(): CommitCertificate | null {
    return this.#small.commitCertificate;
  }
  get checkpoint(): CheckpointProof | null {
    return this.#small.checkpoint;
  }
  get small(): SmallState {
    return this.#small;
  }
  /** The log, to inspect; it changes with the next transaction. */
  get entries(): readonly ChainedEntry[] {
    return this.#entries;
  }
  /** Index after which the entries held begin. */
  get first(): LogIndex {
    return this.#first;
  }
  get lastIndex(): LogIndex {
    return logIndex(this.#first + this.#entries.length);
  }

  /** Returns the entry at `index`, or undefined if the log has none, or has it no longer. */
  entryAt(index: LogIndex): ChainedEntry | undefined {
    return this.#entries[index - this.#first - 1];
  }

  /** Returns a copy that later transactions do not change. */
  clone(): LogState {
    return new LogState(this.#small, this.#entries, this.#first);
  }

  /** Starts a transaction; the function returned undoes its operations. */
  begin(): () => void {
    const [small, first] = [this.#small, this.#first];
    this.#undo = [];
    return () => {
      for (const step of this.#undo.reverse()) step();
      this.#small = small;
      this.#first = first;
    };
  }

  /** Makes one change, which was checked before. */
  write(operation: LogOperation): void {
    switch (operation.op) {
      case "hard-state":
        return this.#set({ hardState: operation.state });
      case "append":
        return this.#append(operation.entries);
      case "truncate":
        return this.#truncate(operation.after);
      case "prepared":
        return this.#set({ prepared: operation.certificate, branch: operation.branch.slice() });
      case "commit":
        return this.#set({ commitIndex: operation.index, commitCertificate: operation.certificate });
      case "checkpoint":
      case "transfer":
        return this.#set({ [operation.op]: operation.proof });
      case "compact":
        this.#remove(0, Math.max(0, operation.base.index - this.#first));
        this.#first = logIndex(Math.max(this.#first, operation.base.index));
        return this.#moveBase(operation.base);
      case "restart-log":
        this.#remove(0, this.#entries.length);
        this.#first = operation.base.index;
        return this.#moveBase(operation.base);
      case "begin-epoch":
        this.#remove(0, this.#entries.length);
        this.#small = smallOf(beginningOf(operation));
        this.#first = this.#small.base?.index ?? logIndex(0);
        return;
    }
  }

  #set(change: Partial<SmallState>): void {
    this.#small = { ...this.#small, ...change };
  }

  #append(entries: readonly ChainedEntry[]): void {
    const length = this.#entries.length;
    this.#undo.push(() => this.#entries.length = length);
    for (const entry of entries) this.#entries.push(entry);
  }

  #truncate(after: LogIndex): void {
    this.#remove(Math.max(0, after - this.#first), this.#entries.length);
    if (after < this.#first) this.#first = after;
  }

  /** Removes the entries from position `from` to below `to`. */
  #remove(from: number, to: number): void {
    const before = this.#entries;
    const after = from === 0 ? before.slice(to) : before;
    const removed = from === 0 ? null : before.splice(from);
    this.#entries = after;
    this.#undo.push(() => {
      this.#entries = before;
      if (removed !== null) { for (const entry of removed) before.push(entry); }
    });
  }

  #moveBase(base: Head): void {
    this.#set({ base, branch: branchAbove(this.#small.branch, base) });
  }
}
