/** The project's own files, for rules that look at all of them. */

const ROOT = new URL("../../", import.meta.url);
/** Files not written for this project, or generated. */
const SKIPPED = new Set([".git", ".deno-dir", "node_modules", "tests/.mutants"]);

/** Lists every file below `folder` (which ends with a slash, or is empty) whose name ends in one of `endings`, by path from the root. */
export function* listFiles(folder: string, endings: readonly string[]): Generator<string> {
  for (const { name, isDirectory, isFile } of Deno.readDirSync(new URL(folder, ROOT))) {
    const path = folder + name;
    if (isDirectory && !SKIPPED.has(path)) yield* listFiles(`${path}/`, endings);
    else if (isFile && endings.some((ending) => name.endsWith(ending))) yield path;
  }
}

/** Returns the text of the file at `path` from the root. */
export const readText = (path: string): string => Deno.readTextFileSync(new URL(path, ROOT));
