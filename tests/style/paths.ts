/** Project-relative paths and import specifiers, as the lint rules of this folder see them. */

const ROOT = new URL("../../", import.meta.url).pathname;

/** Returns `filename` (absolute, a file URL, or already relative) relative to the project's root, with forward slashes. */
export function projectPath(filename: string): string {
  const path = filename.startsWith("file://") ? new URL(filename).pathname : filename.replaceAll("\\", "/");
  if (path.startsWith(ROOT)) return path.slice(ROOT.length);
  return path.replace(/^\.\//, "");
}

/** Returns whether `path` is test code: a `_test.ts` file anywhere, or a file under `tests/`. */
export function isTestCode(path: string): boolean {
  return path.startsWith("tests/") || path.endsWith("_test.ts");
}

/** Returns whether `path` never ships, and so may import everything: test code and benchmarks. */
export const isTool = (path: string): boolean => isTestCode(path) || path.startsWith("bench/");

/**
 * Returns the project-relative path that `specifier` names when `from` imports it; null for anything that is not a relative path
 * (packages, `node:` modules, URLs). A path that leaves the project keeps its leading `../`.
 */
export function resolveImport(from: string, specifier: string): string | null {
  if (!specifier.startsWith("./") && !specifier.startsWith("../")) return null;
  const parts = from.split("/").slice(0, -1);
  for (const part of specifier.split("/")) {
    if (part === "..") {
      if (parts.length === 0 || parts.at(-1) === "..") parts.push("..");
      else parts.pop();
    } else if (part !== ".") {
      parts.push(part);
    }
  }
  return parts.join("/");
}
