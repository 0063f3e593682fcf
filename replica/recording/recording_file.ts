/** The file of a recording: new, owned by the replica, written in the order of events. */
import { ConfigError } from "../../crypto/config_error.ts";

/** Permission bits: readable by its owner only, since it holds what clients wrote. */
const MODE = 0o600;
/** Characters kept in memory before they are written anyway. */
const MAX_KEPT_CHARS = 256 * 1024;

/** The destination of a recorder's lines. `write` and `flush` throw once they are no longer possible. */
export interface RecordingSink {
  /** Keeps a line, to be written no later than the next `flush`. */
  write(line: string): void;
  /** Hands everything kept to the system, so that it outlives this process; nothing is forced to the disk. */
  flush(): void;
  close(): void;
}

export class RecordingFile implements RecordingSink {
  readonly path: string;
  readonly #file: Deno.FsFile;
  readonly #encoder = new TextEncoder();
  #kept: string[] = [];
  #keptChars = 0;
  #open = true;

  private constructor(path: string, file: Deno.FsFile) {
    this.path = path;
    this.#file = file;
  }

  /** Creates the file. Throws `ConfigError` if it exists, since a recording is never overwritten, or cannot be created. */
  static create(path: string): RecordingFile {
    try {
      return new RecordingFile(path, Deno.openSync(path, { createNew: true, write: true, mode: MODE }));
    } catch (cause) {
      const given = cause instanceof Deno.errors.AlreadyExists
        ? "a file that exists, wanted a new one (a recording is never overwritten, and a restarted replica needs another)"
        : `a file that cannot be made (${reasonOf(cause)}), wanted one in a directory this replica may write to`;
      throw new ConfigError(`--record: ${path}: given ${given}`, { cause });
    }
  }

  write(line: string): void {
    this.#kept.push(line, "\n");
    this.#keptChars += line.length + 1;
    if (this.#keptChars >= MAX_KEPT_CHARS) this.flush();
  }

  flush(): void {
    if (this.#kept.length === 0) return;
    const bytes = this.#encoder.encode(this.#kept.join(""));
    this.#kept = [];
    this.#keptChars = 0;
    for (let at = 0; at < bytes.length;) at += this.#file.writeSync(bytes.subarray(at));
  }

  close(): void {
    if (this.#open) this.#file.close();
    this.#open = false;
  }

  /** Removes the file: the replica it was made for did not start. */
  discard(): void {
    this.close();
    Deno.removeSync(this.path);
  }
}

const reasonOf = (cause: unknown): string => cause instanceof Error ? cause.message : String(cause);
