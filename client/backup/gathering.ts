/** What the parts of making a backup share. */
import type { Digest } from "../../protocol/ids.ts";
import type { BackupSources } from "../calls/backup_sources.ts";
import type { Place, Scratch } from "./scratch.ts";
import type { SourceLedger } from "./source_ledger.ts";
import type { Trust } from "./trust.ts";

/** How far a backup is. */
export interface BackupProgress {
  /** What is being fetched or done. */
  readonly phase: "target" | "entries" | "chunks" | "writing" | "checking";
  /** Of `total` entries, chunks or bytes. */
  readonly done: number;
  /** 0 where it is not known yet. */
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
  /** Chunks fetched so far; they are of use to a newer checkpoint too. */
  readonly chunks: Map<Digest, Place>;
  /** Highest index of an entry fetched so far. */
  readonly reached: { index: number };
  /** Calls everything off. */
  readonly signal: AbortSignal;
  readonly tell: (phase: BackupProgress["phase"], done: number, total: number) => void;
}
