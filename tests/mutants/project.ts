/** Selects the files of a mutant's copy, and those of them that are the sources in which bugs are planted. */

/** The project's root. */
export const PROJECT = new URL("../../", import.meta.url);

/** Folders needed neither to run nor to test. */
const NEITHER = new Set(["bench", "coverage", "docs"]);
/** Folders used to run and test, but not shipped. */
const NOT_SHIPPED = new Set(["tasks", "tests"]);
const SETTINGS = ["deno.json", "deno.lock", "package.json"];

/**
 * Returns the names of the parts of the project that a copy holds, right below its root: the settings, and every folder and module needed
 * to run or to test it. Throws `Error` if something is missing without which no copy could run.
 */
export function listParts(root: URL = PROJECT): readonly string[] {
  const parts = [...Deno.readDirSync(root)].filter(({ name, isDirectory }) =>
    isDirectory ? !name.startsWith(".") && !NEITHER.has(name) : name.endsWith(".ts") || SETTINGS.includes(name)
  ).map(({ name }) => name).sort();
  const missing = [...SETTINGS, "replica", "tests"].filter((name) => !parts.includes(name));
  if (missing.length > 0) throw new Error(`wanted the project in ${root.pathname}, got no ${missing.join(", no ")}`);
  return parts;
}

/** Returns the shipped modules' texts by path from the project's root, without their tests and benchmarks. */
export function readSources(root: URL = PROJECT): ReadonlyMap<string, string> {
  const shipped = listParts(root).filter((name) => !NOT_SHIPPED.has(name) && !SETTINGS.includes(name));
  const files = shipped.flatMap((name) => name.endsWith(".ts") ? [name] : listModules(root, name)).sort();
  return new Map(files.map((file) => [file, Deno.readTextFileSync(new URL(file, root))]));
}

function listModules(root: URL, folder: string): readonly string[] {
  return [...Deno.readDirSync(new URL(folder, root))].flatMap(({ name, isDirectory }) => {
    const path = `${folder}/${name}`;
    if (name.startsWith(".")) return [];
    if (isDirectory) return listModules(root, path);
    return name.endsWith(".ts") && !/_(test|bench)\.ts$/.test(name) ? [path] : [];
  });
}
