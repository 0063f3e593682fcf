/** Applying a mutant's patches to the texts of its files. */
import type { Mutant } from "./mutant.ts";

/**
 * The patched text of every file `mutant` changes, by its path from the project's root; `read` gives a file's text. Throws `Error`
 * naming the mutant, the file and the text unless that text occurs exactly once.
 */
export function patchedFiles(mutant: Mutant, read: (file: string) => string): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (const { file, find, replace } of mutant.patches) {
    const text = texts.get(file) ?? read(file);
    const parts = text.split(find);
    if (find === "" || parts.length !== 2) {
      const found = find === "" ? "nothing to look for" : `it ${parts.length - 1} times`;
      throw new Error(`mutant ${mutant.name}: wanted this text exactly once in ${file}, got ${found}:\n${find}`);
    }
    texts.set(file, parts.join(replace));
  }
  return texts;
}
