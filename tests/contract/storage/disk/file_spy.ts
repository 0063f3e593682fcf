/** A hold on every change that the program itself makes to files: writes, syncs, renames and removals. SQLite's own are not seen. */

/** A change about to be made. */
export interface FileChange {
  readonly kind: "write" | "sync" | "rename" | "remove";
  readonly file: Deno.FsFile | null;
}

const METHODS = [["writeSync", "write"], ["syncSync", "sync"], ["syncDataSync", "sync"]] as const;

/** Calls `before` ahead of each change, which it may forbid by throwing, and `after` behind it; the function returned ends that. */
export function spyOnFiles(
  before: (change: FileChange) => void,
  after: (change: FileChange) => void = () => {},
): () => void {
  // deno-lint-ignore no-explicit-any
  const files = Deno.FsFile.prototype as any;
  const undo: (() => void)[] = [];
  const hook = (owner: Record<string, unknown>, name: string, kind: FileChange["kind"]) => {
    const method = owner[name] as (...args: unknown[]) => unknown;
    owner[name] = function (this: unknown, ...args: unknown[]) {
      const change = { kind, file: this instanceof Deno.FsFile ? this : null };
      before(change);
      const result = method.apply(this, args);
      after(change);
      return result;
    };
    undo.push(() => owner[name] = method);
  };
  for (const [name, kind] of METHODS) hook(files, name, kind);
  hook(Deno as unknown as Record<string, unknown>, "renameSync", "rename");
  hook(Deno as unknown as Record<string, unknown>, "removeSync", "remove");
  return () => {
    for (const step of undo) step();
  };
}

/** Runs `body` as a process that dies at its `at`-th change of a file; returns whether it died. */
export function dyingAt(at: number, body: () => void): boolean {
  let count = 0;
  const undo = spyOnFiles(() => {
    if (count++ >= at) throw new Error("died");
  });
  try {
    body();
    return false;
  } catch (error) {
    if (!String(error).includes("died")) throw error;
    return true;
  } finally {
    undo();
  }
}
