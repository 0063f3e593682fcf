/** What a memory twin's replica has on disk. Entries and certificates are shared, never copied: they are immutable. */
import type { Certificate, CommitCertificate } from "../core/certificate.ts";
import type { Evidence } from "../core/evidence.ts";
import type { LogIndex } from "../core/ids.ts";
import { LIMITS } from "../core/limits.ts";
import type { ChainedEntry, HardState, PersistOperation, Recovered } from "../core/output.ts";
import { EMPTY_RECOVERED } from "./empty.ts";
import { type GuardRecord, NOTHING_SIGNED } from "./guard.ts";
import { EMPTY_TIP, type Tip } from "./tip.ts";

/** Everything but the log, which is changed in place. */
interface SmallState {
  hardState: HardState;
  prepared: Certificate | null;
  branch: readonly ChainedEntry[];
  commitIndex: LogIndex;
  commitCertificate: CommitCertificate | null;
  evidence: readonly Evidence[];
}

const { entries: _none, ...EMPTY_SMALL } = EMPTY_RECOVERED;

export class MemoryDisk {
  tip: Tip = EMPTY_TIP;
  guard: GuardRecord = NOTHING_SIGNED;
  meta = new Map<string, string>();
  /** Why it takes no writes for now, as a full disk does; null while it does take them. */
  refusing: string | null = null;
  #small: SmallState = { ...EMPTY_SMALL };
  #entries: ChainedEntry[] = [];
  /** How to take back the log changes of the running transaction, last one first. */
  #undo: (() => void)[] = [];

  /** The log, to look into; it changes with the next transaction. */
  get entries(): readonly ChainedEntry[] {
    return this.#entries;
  }

  /** Its parts as they are now, to look into without the copy that {@linkcode recovered} makes of the log. */
  get hardState(): HardState {
    return this.#small.hardState;
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

  /** A copy that later transactions do not change. */
  recovered(): Recovered {
    return { ...this.#small, entries: this.#entries.slice() };
  }

  /** A copy of the whole disk, for a simulation that rolls one back (§1.3). */
  clone(): MemoryDisk {
    const copy = new MemoryDisk();
    copy.tip = this.tip;
    copy.guard = this.guard;
    copy.meta = new Map(this.meta);
    copy.#small = { ...this.#small };
    copy.#entries = this.#entries.slice();
    return copy;
  }

  /** Starts a transaction; the function returned takes its operations back. The guard's record is its caller's, set last. */
  begin(): () => void {
    const { tip } = this;
    const small = { ...this.#small };
    this.#undo = [];
    return () => {
      for (const step of this.#undo.reverse()) step();
      this.tip = tip;
      this.#small = small;
    };
  }

  /** Makes one change, which was checked before. */
  write(operation: PersistOperation): void {
    switch (operation.op) {
      case "hard-state":
        this.#small.hardState = operation.state;
        return;
      case "append":
        return this.#append(operation.entries);
      case "truncate":
        return this.#truncate(operation.after);
      case "prepared":
        this.#small.prepared = operation.certificate;
        this.#small.branch = operation.branch.slice();
        return;
      case "commit":
        this.#small.commitIndex = operation.index;
        this.#small.commitCertificate = operation.certificate;
        return;
      case "evidence":
        if (this.#small.evidence.length < LIMITS.maxEvidence) {
          this.#small.evidence = [...this.#small.evidence, operation.evidence];
        }
    }
  }

  #append(entries: readonly ChainedEntry[]): void {
    const length = this.#entries.length;
    this.#undo.push(() => this.#entries.length = length);
    for (const entry of entries) this.#entries.push(entry);
  }

  #truncate(after: LogIndex): void {
    const removed = this.#entries.splice(after);
    this.#undo.push(() => {
      for (const entry of removed) this.#entries.push(entry);
    });
  }
}
