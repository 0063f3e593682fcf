/** Plants a mutant in a temporary copy of the project. The project itself carries no switches. */
import { findMutant } from "./catalogue/mod.ts";
import { makeHeldDirectory, removeAbandoned } from "./held_directory.ts";
import type { Mutant } from "./mutant.ts";
import { createSources, patchedFiles } from "./patches.ts";
import { listParts, PROJECT } from "./project.ts";

/** Directory of the copies; ignored by git, fmt, lint, check and test. */
const COPIES = new URL("../.mutants/", import.meta.url);

/** A copy of the project with one bug planted. */
export interface MutantCopy extends AsyncDisposable {
  readonly mutant: Mutant;
  /** The copy's root, an absolute path that ends without a slash. */
  readonly root: string;
  /** Removes the copy; harmless if it is already gone. */
  remove(): Promise<void>;
}

/**
 * Copies the project into a new directory below `into` (by default `tests/.mutants/`) and plants the mutant called `name` there. Removes
 * copies there of processes that ended without doing so, being killed or interrupted. Needs permission to read the project and to read and
 * write `into`. Throws `RangeError` for an unknown name and `Error` if a patch does not fit; then nothing is left behind.
 */
export async function applyMutant(name: string, into?: string): Promise<MutantCopy> {
  const mutant = findMutant(name);
  const texts = patchedFiles(mutant, createSources());
  const parent = into ?? decodeURIComponent(COPIES.pathname);
  await Deno.mkdir(parent, { recursive: true });
  await removeAbandoned(parent);
  const { path: root, remove } = await makeHeldDirectory(parent, `${name}-`);
  try {
    for (const part of listParts()) await copy(decodeURIComponent(new URL(part, PROJECT).pathname), `${root}/${part}`);
    for (const [file, text] of texts) await Deno.writeTextFile(`${root}/${file}`, text);
  } catch (error) {
    await remove();
    throw error;
  }
  return { mutant, root, remove, [Symbol.asyncDispose]: remove };
}

/** Copies a file or a whole directory, but nothing whose name begins with a dot: other copies, for one. */
async function copy(from: string, to: string): Promise<void> {
  if ((await Deno.stat(from)).isFile) return await Deno.copyFile(from, to);
  await Deno.mkdir(to);
  for await (const { name } of Deno.readDir(from)) {
    if (!name.startsWith(".")) await copy(`${from}/${name}`, `${to}/${name}`);
  }
}
