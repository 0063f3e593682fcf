/**
 * A model of a disk whose power may fail: what of the log's files is certain after each sync, and what a cut may leave. Names are certain
 * once their directory is synced, content once its file is. A sync that fails makes nothing certain, then or ever (the system may take the
 * pages for written). SQLite's files are left as they are.
 */
import { type FileChange, spyOnFiles } from "./file_spy.ts";

const SECTOR = 512;
const isOurs = (name: string): boolean => name.startsWith("replica.log") || name === "replica.known";

export class CutDisk {
  readonly #dir: string;
  readonly #random: () => number;
  /** Numbers of files by inode: an inode that was freed may come back as another file. */
  readonly #files = new Map<number, number>();
  /** Content of a file as of its last sync, and as it was seen last. */
  readonly #durable = new Map<number, Uint8Array>();
  readonly #seen = new Map<number, Uint8Array>();
  readonly #failed = new Set<number>();
  #names: ReadonlyMap<string, number> = new Map();
  #count = 0;
  #undo: () => void = () => {};
  /** Called after each change. */
  onChange: () => void = () => {};
  /** Makes the next sync of a file of the log fail. */
  failNextSync = false;

  constructor(dir: string, random: () => number) {
    this.#dir = dir;
    this.#random = random;
  }

  start(): void {
    this.#undo = spyOnFiles((change) => this.#before(change), (change) => this.#after(change));
  }

  stop(): void {
    this.#undo();
  }

  /** Copies to `to` what a cut at this moment may leave. */
  cut(to: string): void {
    Deno.mkdirSync(to);
    for (const { name, isFile } of Deno.readDirSync(this.#dir)) {
      if (isFile && !isOurs(name)) Deno.copyFileSync(`${this.#dir}/${name}`, `${to}/${name}`);
    }
    const names = this.#random() < 0.5 ? this.#names : this.#listing();
    for (const [name, file] of names) Deno.writeFileSync(`${to}/${name}`, this.#leftOf(file));
  }

  #before({ kind, file }: FileChange): void {
    if (file === null || kind === "rename" || kind === "remove") return;
    const { isFile, ino } = file.statSync();
    if (!isFile || ino === null) return;
    this.#listing();
    const id = this.#idOf(ino);
    if (this.#failed.has(id)) throw new Error("A file whose sync has failed is used again");
    if (kind === "sync" && this.failNextSync) {
      this.failNextSync = false;
      this.#failed.add(id);
      throw Object.assign(new Error("Input/output error"), { code: "EIO" });
    }
  }

  #after({ kind, file }: FileChange): void {
    const listing = this.#listing();
    const stat = kind === "sync" ? file!.statSync() : null;
    if (stat?.isDirectory) this.#names = listing;
    if (stat?.isFile) {
      const id = this.#idOf(stat.ino!);
      this.#durable.set(id, this.#seen.get(id)!);
    }
    this.onChange();
  }

  /** Looks at the directory: the files by name, their content kept for the time when they are gone. */
  #listing(): Map<string, number> {
    const listing = new Map<string, number>();
    const inodes = new Set<number>();
    for (const { name } of Deno.readDirSync(this.#dir)) {
      if (!isOurs(name)) continue;
      const { ino } = Deno.statSync(`${this.#dir}/${name}`);
      inodes.add(ino!);
      listing.set(name, this.#idOf(ino!));
      this.#seen.set(this.#idOf(ino!), Deno.readFileSync(`${this.#dir}/${name}`));
    }
    for (const ino of this.#files.keys()) if (!inodes.has(ino)) this.#files.delete(ino);
    return listing;
  }

  #idOf(ino: number): number {
    const id = this.#files.get(ino) ?? ++this.#count;
    this.#files.set(ino, id);
    return id;
  }

  /** The durable content, with any of the sectors written since. */
  #leftOf(file: number): Uint8Array {
    const seen = this.#seen.get(file)!;
    const durable = this.#durable.get(file) ?? new Uint8Array(seen.length);
    if (this.#failed.has(file)) return durable;
    const [left, share] = [seen.slice(), [0, 0.5, 1][Math.floor(3 * this.#random())]!];
    for (let at = 0; at < left.length; at += SECTOR) {
      if (this.#random() >= share) left.set(durable.subarray(at, at + SECTOR), at);
    }
    return left;
  }
}
