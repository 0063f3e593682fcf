/** The first segment of a log: that of a fresh disk, of a recovery, or of entries that were kept elsewhere before. */
import type { ChainedEntry } from "../../../protocol/entry.ts";
import { payload, type StoredTransaction } from "./payload.ts";
import { type Place, RecordWriter } from "./record.ts";
import { NO_END } from "./scan.ts";
import { writeFirstSegment } from "./segment_files.ts";
import { beginSegment, type LogOwner, type Standing } from "./segment_head.ts";

/** Bytes of bodies that go into one record. */
const GROUP_BYTES = 4 * 1024 * 1024;

/** Writes a log that stands at `standing` and then holds `entries`, durably and under its waiting name. */
export function writeNewLog(
  dir: string,
  owner: LogOwner,
  standing: Standing,
  entries: readonly ChainedEntry[] = [],
): void {
  const writer = new RecordWriter(Uint8Array.fromHex(owner.log));
  const groups = [...grouped(entries)];
  const room = groups.reduce((sum, group) => sum + encode(writer, group).recordBytes, 0);
  const { record, checksum, bytes } = beginSegment(
    owner,
    1,
    standing,
    placeAfter(NO_END.number, NO_END.checksum),
    room,
  );
  const records = new Uint8Array(record.length + room);
  records.set(record);
  let at = record.length;
  groups.forEach((group, i) => {
    const sealed = encode(writer, group).seal(placeAfter(i + 1, checksum.slice()), checksum);
    records.set(sealed, at);
    at += sealed.length;
  });
  writeFirstSegment(dir, records, bytes);
}

const placeAfter = (number: number, previous: Uint8Array): Place => ({ number: number + 1, previous });

function encode(writer: RecordWriter, entries: readonly ChainedEntry[]): RecordWriter {
  const transaction: StoredTransaction = {
    kind: "transaction",
    operations: [{ kind: "append", entries }],
    guard: null,
  };
  writer.begin();
  payload.write(writer, transaction);
  return writer;
}

function* grouped(entries: readonly ChainedEntry[]): Generator<readonly ChainedEntry[]> {
  let [from, bytes] = [0, 0];
  for (const [at, { entry }] of entries.entries()) {
    bytes += entry.body.length;
    if (bytes < GROUP_BYTES) continue;
    yield entries.slice(from, at + 1);
    [from, bytes] = [at + 1, 0];
  }
  if (from < entries.length) yield entries.slice(from);
}
