/** Keeps what was fetched for a backup on disk until the backup is assembled; memory holds only the places. */

/** A place in the scratch file. */
export interface Place {
  readonly at: number;
  readonly length: number;
}

export class Scratch implements Disposable {
  readonly #path: string;
  readonly #file: Deno.FsFile;
  #size = 0;

  /** Creates the file at `path`, replacing any old content. */
  constructor(path: string) {
    this.#path = path;
    this.#file = Deno.openSync(path, { create: true, truncate: true, read: true, write: true, mode: 0o600 });
  }

  put(bytes: Uint8Array): Place {
    const place = { at: this.#size, length: bytes.length };
    this.#file.seekSync(place.at, Deno.SeekMode.Start);
    for (let at = 0; at < bytes.length;) at += this.#file.writeSync(bytes.subarray(at));
    this.#size += bytes.length;
    return place;
  }

  /** Returns the bytes put at `place`. */
  read({ at, length }: Place): Uint8Array {
    const bytes = new Uint8Array(length);
    this.#file.seekSync(at, Deno.SeekMode.Start);
    for (let read = 0; read < length;) {
      const count = this.#file.readSync(bytes.subarray(read));
      if (count === null) throw new Error(`${this.#path}: given ${at + read} bytes, wanted ${at + length}`);
      read += count;
    }
    return bytes;
  }

  /** Removes the file. */
  [Symbol.dispose](): void {
    this.#file.close();
    Deno.removeSync(this.#path);
  }
}
