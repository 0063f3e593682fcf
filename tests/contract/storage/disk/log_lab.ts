/** Logs on disk for tests that cut, damage and lose parts of them. */
import type { ChainedEntry } from "../../../../protocol/entry.ts";
import { term } from "../../../../protocol/ids.ts";
import type { Recovered } from "../../../../replica/core/log/durable_state.ts";
import type { Storage } from "../../../../replica/storage/port.ts";
import * as fx from "../storage_fixtures.ts";
import { copyDir, openIn, SEGMENT } from "./storage_disk_lab.ts";

/** A directory with a log whose last record appends two entries with an ack, and what it was before that record. */
export interface LastRecord {
  /** State before and after it. */
  readonly before: Recovered;
  readonly after: Recovered;
  /** The segment as it was before and is after, and where its records end. */
  readonly old: Uint8Array;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly from: number;
  readonly to: number;
}

const TERM = 1;

/** Commits two entries after `log`, with an ack of the last. Returns the log with them. */
export function commitTwo(storage: Storage, log: readonly ChainedEntry[], salt = "a"): ChainedEntry[] {
  const entries = fx.grow(log.length === 0 ? fx.GENESIS : fx.endOf(log), 2, TERM, salt);
  const head = fx.endOf(entries);
  storage.commit([fx.append(entries), fx.hardState(TERM, { currentTerm: term(TERM), ack: head })], [
    fx.acks(TERM, head),
  ]);
  return [...log, ...entries];
}

/** Leaves in `dir` what a power cut right after a commit may leave: nothing tells of its last record but the log. */
export function withLastRecord(dir: string): LastRecord {
  const place = `${dir}/running`;
  const storage = openIn(place);
  let log: ChainedEntry[] = [];
  for (let i = 0; i < 3; i++) log = commitTwo(storage, log);
  const before = storage.load();
  const old = Deno.readFileSync(`${place}/${SEGMENT}`);
  copyDir(place, dir);
  commitTwo(storage, log, "salt ".repeat(100));
  const after = storage.load();
  const bytes = Deno.readFileSync(`${place}/${SEGMENT}`);
  Deno.writeFileSync(`${dir}/${SEGMENT}`, bytes);
  storage.close();
  Deno.removeSync(place, { recursive: true });
  return { before, after, old, bytes, from: endOf(old), to: endOf(bytes) };
}

/** Returns where the records of a segment end. */
export const endOf = (bytes: Uint8Array): number =>
  Math.ceil((bytes.findLastIndex((byte) => byte !== 0) + 1) / 64) * 64;

/** Leaves a log of several segments in `dir`, none of which a compaction has made useless; returns their names in order. */
export function withSegments(dir: string): string[] {
  const storage = openIn(dir);
  let head = fx.GENESIS;
  while (namesIn(dir).length < 4) {
    const entries = fx.grow(head, 20, TERM, "segments ".repeat(40));
    head = fx.endOf(entries);
    storage.commit([fx.append(entries), fx.hardState(TERM, { ack: head })], [fx.acks(TERM, head)]);
  }
  storage.close();
  return namesIn(dir);
}

/** Returns the names of all segments in `dir`. */
export const namesIn = (dir: string): string[] =>
  [...Deno.readDirSync(dir)].map(({ name }) => name).filter((name) => name.startsWith("replica.log-")).toSorted();
