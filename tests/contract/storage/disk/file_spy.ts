/** A hold on every change that the program itself makes to files: writes, syncs, renames and removals. SQLite's own are not seen. */

/** A change about to be made. */
export interface FileChange {
  readonly kind: "write" | "sync" | "rename" | "remove";
  readonly file: Deno.FsFile | null;
}

const METHODS = [["writeSync", "write"], ["syncSync", "sync"], ["syncDataSync", "sync"]] as const;

/** Calls `before` ahead of each change, which it may forbid by throwing; the function returned ends that. */
export function spyOnFiles(before: (change: FileChange) => void): () => void {
  const { prototype } = Deno.FsFile;
  // deno-lint-ignore no-explicit-any
  const files = prototype as any;
  const methods = METHODS.map(([name, kind]) => {
    const method = files[name];
    files[name] = function (...args: unknown[]) {
      before({ kind, file: this });
      return method.apply(this, args);
    };
    return () => files[name] = method;
  });
  const { renameSync, removeSync } = Deno;
  Deno.renameSync = (from, to) => {
    before({ kind: "rename", file: null });
    renameSync(from, to);
  };
  Deno.removeSync = (path, options) => {
    before({ kind: "remove", file: null });
    removeSync(path, options);
  };
  return () => {
    for (const undo of methods) undo();
    Deno.renameSync = renameSync;
    Deno.removeSync = removeSync;
  };
}
