/**
 * A few numbers of the durable state, in a small file beside log and database. It is written after each commit and synced only at the end, so
 * it costs no time and lags after a power cut; but it is never ahead of a disk that still holds all it has reported. A disk that it is ahead
 * of has lost its tail: the last record of the log was damaged, or SQLite's log of recent writes, or an older copy replaced either. Neither
 * can tell by itself: such a log merely ends earlier.
 */
import { sha256Hex } from "../../crypto/digest.ts";
import { putAscii } from "./ascii.ts";
import { damaged } from "./damage.ts";
import { epochOf } from "./epoch.ts";
import { exists } from "./files.ts";
import type { GuardRecord } from "./guard.ts";
import { baseIndex, type Tip } from "./tip.ts";

/**
 * Numbers that never go back, and pairs whose second number may go back if the first rises. Where the epoch rises, all may go back but what counts the
 * writes to the disk.
 */
const NAMES = [
  ["epoch", null],
  ["term", null],
  ["term of a PreVote", null],
  ["commit index", null],
  ["stable checkpoint", null],
  ["base of the log", null],
  ["term of the last vote", null],
  ["rank", "index of the highest certificate"],
  ["term of the last ack", "its index"],
  ["number of records", null],
  ["number of writes to the database", null],
] as const;
const COUNTS = 2;

/** One pair for each of the names above; the second number is 0 if there is none. */
type LastKnown = readonly (readonly [number, number])[];

const TITLE = "bft-raft-last-known-3";
/** Titles of files without an epoch, which were all of epoch 1. In the first, all was in the database: records and writes were not counted. */
const EARLIER_TITLES: readonly string[] = ["bft-raft-last-known-1", "bft-raft-last-known-2"];
const FILE_BYTES = 512;

/** Counts of the writes to this disk. */
export interface Counts {
  /** Number of the log's last record. */
  readonly records: number;
  /** Number of durable transactions in the database. */
  readonly writes: number;
}

/** The durable state that is compared. */
export interface Kept extends Counts {
  readonly tip: Tip;
  readonly guard: GuardRecord;
}

function lastKnown({ tip, guard: { ackTerm, ack, voteTerm }, records, writes }: Kept): LastKnown {
  const { currentTerm, preVoted } = tip.hardState;
  return [
    [epochOf(tip), 0],
    [currentTerm, 0],
    [preVoted, 0],
    [tip.commitIndex, 0],
    [tip.checkpointIndex, 0],
    [baseIndex(tip), 0],
    [voteTerm, 0],
    [tip.preparedTerm, tip.preparedIndex],
    [ackTerm, ack?.index ?? 0],
    [records, 0],
    [writes, 0],
  ];
}

/** Returns the file's content: the text, its digest, and spaces. */
function contentOf(text: string): Uint8Array {
  const bytes = new Uint8Array(FILE_BYTES).fill(0x20);
  putAscii(bytes, 0, text);
  putAscii(bytes, text.length + 1, sha256Hex(bytes.subarray(0, text.length)));
  return bytes;
}

/** Throws {@linkcode StorageError} if the file at `path` records more than the disk in `dir` holds. It need not be there. */
export function assertNotOlder(path: string, dir: string, kept: Kept): void {
  if (!exists(path)) return;
  using file = Deno.openSync(path, { read: true });
  const found = lastKnown(kept);
  const numbers = readNumbers(file);
  if (numbers === null) return;
  const isLater = found[0]![0] > numbers[0]![0];
  numbers.forEach((before, at) => {
    const now = found[at]!;
    if (isLater && at < NAMES.length - COUNTS) return;
    if (now[0] > before[0] || (now[0] === before[0] && now[1] >= before[1])) return;
    const text = ([first, second]: readonly [number, number]) =>
      NAMES[at]![1] === null ? `${NAMES[at]![0]} ${first}` : `${NAMES[at]![0]} ${first}, ${NAMES[at]![1]} ${second}`;
    throw damaged(`The data in ${dir} is older than it was: it holds ${text(now)}, and had held ${text(before)}`);
  });
}

/** Returns null if nothing was written yet, or a power cut left it incomplete. */
function readNumbers(file: Deno.FsFile): LastKnown | null {
  const bytes = new Uint8Array(FILE_BYTES);
  const length = file.readSync(bytes) ?? 0;
  const fields = new TextDecoder().decode(bytes.subarray(0, length)).trim().split(" ");
  const text = fields.slice(0, -1).join(" ");
  const [title, ...rest] = fields.slice(0, -1);
  const isEarlier = EARLIER_TITLES.includes(title!);
  if (fields.at(-1) !== sha256Hex(new TextEncoder().encode(text)) || (title !== TITLE && !isEarlier)) return null;
  const numbers = [...isEarlier ? [1, 0] : [], ...rest.map(Number)];
  return NAMES.map((_, at) => [numbers[2 * at] ?? 0, numbers[2 * at + 1] ?? 0] as const);
}

export class LastKnownFile {
  readonly #file: Deno.FsFile;
  #written = "";

  /** Opens the file, or creates it. Throws as `Deno.openSync` does. */
  constructor(path: string) {
    this.#file = Deno.openSync(path, { write: true, create: true, mode: 0o600 });
  }

  /** Writes the numbers of the durable state. A failure only lessens the chance to notice a loss later. */
  write(kept: Kept): void {
    const text = [TITLE, ...lastKnown(kept).flat()].join(" ");
    if (text === this.#written) return;
    try {
      this.#file.seekSync(0, Deno.SeekMode.Start);
      this.#file.writeSync(contentOf(text));
      this.#written = text;
    } catch {
      this.#written = "";
    }
  }

  close(): void {
    try {
      this.#file.syncDataSync();
    } catch {
      // It then lags after a power cut, as it does after a crash.
    }
    this.#file.close();
  }
}
