/** The context shared by the steps of making a backup. */
import type { Digest } from "../../protocol/ids.ts";
import type { BackupSources } from "../calls/backup_sources.ts";
import type { Place, Scratch } from "./scratch.ts";
import type { SourceLedger } from "./source_ledger.ts";
import type { Trust } from "./trust.ts";

/** Progress of a backup. */
export interface BackupProgress {
  /** The step under way. */
  readonly phase: "epochs" | "target" | "entries" | "chunks" | "writing" | "checking";
  /** Ends, entries, chunks or bytes done, of `total`. */
  readonly done: number;
  /** 0 if not known yet. */
  readonly total: number;
  /** Bytes fetched so far. */
  readonly bytes: number;
}

/** Context of one backup. */
export interface Gathering {
  readonly sources: BackupSources;
  readonly ledger: SourceLedger;
  readonly trust: Trust;
  readonly scratch: Scratch;
  /** Chunks fetched so far; a newer checkpoint can use them too. */
  readonly chunks: Map<Digest, Place>;
  /** Highest index of an entry fetched so far. */
  readonly reached: { index: number };
  /** Cancels everything. */
  readonly signal: AbortSignal;
  readonly tell: (phase: BackupProgress["phase"], done: number, total: number) => void;
}
