/**
 * A few numbers of the durable state, in a small file beside the database. It is written after each commit and never synced, so it costs no
 * time and lags after a power cut; but it is never ahead of a database that still holds all it has reported. A database that it is ahead of
 * has lost its tail: its log of recent writes was damaged or removed, or an older copy replaced it. SQLite cannot tell: for SQLite, such a
 * log merely ends earlier.
 */
import { sha256Hex } from "../../crypto/digest.ts";
import { putAscii } from "./ascii.ts";
import { damaged } from "./damage.ts";
import type { GuardRecord } from "./guard.ts";
import { baseIndex, type Tip } from "./tip.ts";

/** Numbers that never go back, and pairs whose second number may go back if the first rises. */
const NAMES = [
  ["term", null],
  ["term of a PreVote", null],
  ["commit index", null],
  ["stable checkpoint", null],
  ["base of the log", null],
  ["term of the last vote", null],
  ["rank", "index of the highest certificate"],
  ["term of the last ack", "its index"],
] as const;

/** One pair for each of the names above; the second number is 0 if there is none. */
type LastKnown = readonly (readonly [number, number])[];

const TITLE = "bft-raft-last-known-1";
const FILE_BYTES = 512;

function lastKnown(tip: Tip, { ackTerm, ack, voteTerm }: GuardRecord): LastKnown {
  const { currentTerm, preVoted } = tip.hardState;
  return [
    [currentTerm, 0],
    [preVoted, 0],
    [tip.commitIndex, 0],
    [tip.checkpointIndex, 0],
    [baseIndex(tip), 0],
    [voteTerm, 0],
    [tip.preparedTerm, tip.preparedIndex],
    [ackTerm, ack?.index ?? 0],
  ];
}

/** Returns the file's content: the text, its digest, and spaces. */
function contentOf(text: string): Uint8Array {
  const bytes = new Uint8Array(FILE_BYTES).fill(0x20);
  putAscii(bytes, 0, text);
  putAscii(bytes, text.length + 1, sha256Hex(bytes.subarray(0, text.length)));
  return bytes;
}

export class LastKnownFile {
  readonly #file: Deno.FsFile;
  #written = "";

  /** Opens the file, or creates it. Throws as `Deno.openSync` does. */
  constructor(path: string) {
    this.#file = Deno.openSync(path, { read: true, write: true, create: true, mode: 0o600 });
  }

  /** Throws {@linkcode StorageError} if the file records more than the database in `dir` holds now. */
  assertNotOlder(dir: string, tip: Tip, guard: GuardRecord): void {
    const known = this.#read();
    const found = lastKnown(tip, guard);
    known?.forEach((before, at) => {
      const now = found[at]!;
      if (now[0] > before[0] || (now[0] === before[0] && now[1] >= before[1])) return;
      const text = ([first, second]: readonly [number, number]) =>
        NAMES[at]![1] === null ? `${NAMES[at]![0]} ${first}` : `${NAMES[at]![0]} ${first}, ${NAMES[at]![1]} ${second}`;
      throw damaged(`The database in ${dir} is older than it was: it holds ${text(now)}, and had held ${text(before)}`);
    });
  }

  /** Writes the numbers of the durable state. A failure only lessens the chance to notice a loss later. */
  write(tip: Tip, guard: GuardRecord): void {
    const text = [TITLE, ...lastKnown(tip, guard).flat()].join(" ");
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
    this.#file.close();
  }

  /** Returns null if nothing was written yet, or a power cut left it incomplete. */
  #read(): LastKnown | null {
    const bytes = new Uint8Array(FILE_BYTES);
    this.#file.seekSync(0, Deno.SeekMode.Start);
    const length = this.#file.readSync(bytes) ?? 0;
    const fields = new TextDecoder().decode(bytes.subarray(0, length)).trim().split(" ");
    const text = fields.slice(0, -1).join(" ");
    if (fields.at(-1) !== sha256Hex(new TextEncoder().encode(text)) || fields[0] !== TITLE) return null;
    const numbers = fields.slice(1, -1).map(Number);
    return NAMES.map((_, at) => [numbers[2 * at] ?? 0, numbers[2 * at + 1] ?? 0] as const);
  }
}
