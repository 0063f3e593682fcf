/** The files of a log: names, creation and removal. A segment has its final name only once it is durable as a whole. */
import { exists, syncDirectory } from "../files.ts";
import { wholeHeader } from "./record.ts";

/** Beginning of the names of segments; their numbers follow. */
export const SEGMENT = "replica.log-";
/** Name of a segment that is being made. */
const NEW_SEGMENT = "replica.log.new";
/** Name of the first segment of a log whose database is not in place yet. */
export const FIRST_SEGMENT = "replica.log.first";
const DIGITS = 10;
const ZEROS = new Uint8Array(64 * 1024);

/** An open segment. The position of the file is behind its last record. */
export interface OpenSegment {
  readonly file: Deno.FsFile;
  readonly path: string;
}

export const segmentPath = (dir: string, number: number): string =>
  `${dir}/${SEGMENT}${String(number).padStart(DIGITS, "0")}`;

/** Returns the numbers of all segments in `dir`, in ascending order. */
export function segmentsIn(dir: string): number[] {
  const pattern = new RegExp(`^${SEGMENT}(\\d{${DIGITS}})$`);
  const numbers = [...Deno.readDirSync(dir)].flatMap(({ name }) => {
    const number = pattern.exec(name)?.[1];
    return number === undefined ? [] : [Number(number)];
  });
  return numbers.sort((a, b) => a - b);
}

/** Writes a whole segment durably under its final name, in the place of one that has it. Everything behind `records` is zeros. */
export function writeSegment(dir: string, number: number, records: Uint8Array, bytes: number): OpenSegment {
  const path = segmentPath(dir, number);
  const file = writeFile(`${dir}/${NEW_SEGMENT}`, records, bytes);
  try {
    Deno.renameSync(`${dir}/${NEW_SEGMENT}`, path);
    syncDirectory(dir);
    file.seekSync(records.length, Deno.SeekMode.Start);
    return { file, path };
  } catch (error) {
    file.close();
    throw error;
  }
}

/** Writes the first segment of a log durably under its waiting name. */
export function writeFirstSegment(dir: string, records: Uint8Array, bytes: number): void {
  writeFile(`${dir}/${FIRST_SEGMENT}`, records, bytes).close();
  syncDirectory(dir);
}

/** Returns whether a first segment of this log waits for its final name. */
export function isFirstSegmentOf(dir: string, log: string): boolean {
  const path = `${dir}/${FIRST_SEGMENT}`;
  return exists(path) && wholeHeader(Deno.readFileSync(path), 0, Uint8Array.fromHex(log)) !== null;
}

/** Gives the first segment its final name; it is durable with the next segment that is written. */
export function installFirstSegment(dir: string): void {
  Deno.renameSync(`${dir}/${FIRST_SEGMENT}`, segmentPath(dir, 1));
}

/** Removes what creations that were cut short have left. */
export function removeUnfinished(dir: string): void {
  if (exists(`${dir}/${NEW_SEGMENT}`)) Deno.removeSync(`${dir}/${NEW_SEGMENT}`);
  discardFirstSegment(dir);
}

/** Removes a first segment that waits for its final name and will never have it. */
export function discardFirstSegment(dir: string): void {
  if (exists(`${dir}/${FIRST_SEGMENT}`)) Deno.removeSync(`${dir}/${FIRST_SEGMENT}`);
}

function writeFile(path: string, records: Uint8Array, bytes: number): Deno.FsFile {
  const file = Deno.openSync(path, { write: true, create: true, truncate: true, mode: 0o600 });
  try {
    writeAll(file, records);
    // Zeros that are written, not a hole: a write into a hole has to find its place on the disk, and its sync takes three times as long.
    for (let left = bytes - records.length; left > 0; left -= ZEROS.length) writeAll(file, ZEROS.subarray(0, left));
    file.syncSync();
    return file;
  } catch (error) {
    file.close();
    throw error;
  }
}

/** Writes all of `bytes`. Throws as `writeSync` does, also after a part of them. */
export function writeAll(file: Deno.FsFile, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) {
    const written = file.writeSync(at === 0 ? bytes : bytes.subarray(at));
    if (written === 0) throw new Error(`the system wrote nothing of ${bytes.length - at} bytes`);
    at += written;
  }
}
