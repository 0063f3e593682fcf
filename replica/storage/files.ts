/** Small helpers for the files of a data directory. */

/** Returns whether there is anything at `path`. */
export function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Makes a rename durable; without it a crash could leave the directory without its file. */
export function syncDirectory(dir: string): void {
  using file = Deno.openSync(dir, { read: true });
  file.syncSync();
}
