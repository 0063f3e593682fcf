/** Applies a mutant's patches to the definitions they name. */
import { type Definition, type DefinitionIndex, indexDefinitions, readDefinitions } from "./definitions.ts";
import type { Mutant, Patch } from "./mutant.ts";
import { readSources } from "./project.ts";

/** The sources that mutants are planted in. */
export interface Sources {
  /** Texts by path from the project's root. */
  readonly texts: ReadonlyMap<string, string>;
  readonly definitions: DefinitionIndex;
}

/** Reads `texts`, by default the project's as they are now. */
export const createSources = (texts: ReadonlyMap<string, string> = readSources()): Sources => ({
  texts,
  definitions: indexDefinitions(texts),
});

/**
 * Returns the patched text of every file `mutant` changes, by its path from the project's root. Throws `Error` naming the mutant, the
 * definition, the text and, once known, the file, unless each patch names one definition that holds its text exactly once.
 */
export function patchedFiles(mutant: Mutant, sources: Sources): ReadonlyMap<string, string> {
  const patched = new Map<string, string>();
  for (const patch of mutant.patches) {
    try {
      const { name, file } = sources.definitions.find(patch.definition);
      const text = replaceWithin(patched.get(file) ?? sources.texts.get(file)!, name, file, patch);
      patched.set(file, patch.uses.reduce((before, use) => withImport(before, file, use, sources), text));
    } catch (error) {
      const reason = error instanceof Error ? error.message : error;
      throw new Error(`mutant ${mutant.name}, patch of ${patch.definition}: ${reason}; its text is:\n${patch.find}`);
    }
  }
  return patched;
}

/** Replaces within what earlier patches left of the file, in which the definition may have moved. */
function replaceWithin(text: string, name: string, file: string, { find, replace }: Patch): string {
  const [definition, other] = readDefinitions(file, text).filter((each) => each.name === name);
  if (!definition || other) throw new Error(`wanted one definition of ${name} left in ${file} by the patches before`);
  const { start, end } = definition;
  const parts = text.slice(start, end).split(find);
  if (find === "" || parts.length !== 2) {
    const found = find === "" ? "nothing to look for" : `it ${parts.length - 1} times`;
    throw new Error(`wanted its text exactly once in ${name} of ${file}, got ${found}`);
  }
  return text.slice(0, start) + parts.join(replace) + text.slice(end);
}

/** Returns `text` with `use` in scope: it is imported unless the file defines or imports it already. */
function withImport(text: string, file: string, use: string, { definitions }: Sources): string {
  const used = definitions.find(use);
  if (used.file === file || importedValues(text).has(used.name)) return text;
  if (!used.exported) throw new Error(`wanted an exported definition to use, got ${used.name} of ${used.file}`);
  return `import { ${used.name} } from "${specifier(file, used)}";\n${text}`;
}

function importedValues(text: string): ReadonlySet<string> {
  const lists = [...text.matchAll(/^import \{([^}]*)\} from "/gm)].flatMap(([, names]) => names!.split(","));
  return new Set(lists.map((name) => name.trim()).filter((name) => name !== "" && !/^type | as /.test(name)));
}

/** Returns the specifier by which `from` imports the file of `to`. */
function specifier(from: string, to: Definition): string {
  const up = "../".repeat(from.split("/").length - 1);
  return `${up || "./"}${to.file}`;
}
