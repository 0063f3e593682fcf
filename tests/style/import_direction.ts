/**
 * Rule `import-direction`: imports point inward (`crypto` ← `transport` ← `client`, all of them knowing the core's types),
 * and nothing that ships rests on test code. Packages and `node:` modules are not judged here.
 */
import { type ImportSite, importVisitor } from "./imports.ts";
import { isTestCode, projectPath, resolveImport } from "./paths.ts";

const CORE = "replica/core/";
/** Modules of the core that hold only constants and brands, so that their values are as harmless as types. */
const CORE_VALUES = new Set(["protocol/limits.ts", "protocol/ids.ts"]);

interface Layer {
  readonly folder: string;
  /** Folders it may import anything from, besides its own. */
  readonly mayImport: readonly string[];
  /** How much of the core it may use. */
  readonly core: "types" | "all";
}

const LAYERS: readonly Layer[] = [
  { folder: "crypto/", mayImport: [], core: "types" },
  { folder: "transport/", mayImport: ["crypto/"], core: "all" },
  // A backup is checked by the very functions that a replica checks a checkpoint by.
  { folder: "client/backup/", mayImport: ["client/", "transport/", "crypto/", "replica/state_machine/"], core: "all" },
  { folder: "client/", mayImport: ["transport/", "crypto/", "replica/state_machine/"], core: "types" },
];

function allowed(layer: Layer, target: string, site: ImportSite): boolean {
  if ([layer.folder, ...layer.mayImport].some((folder) => target.startsWith(folder))) return true;
  return target.startsWith(CORE) && (layer.core === "all" || site.typeOnly || CORE_VALUES.has(target));
}

/** What is wrong with an import of `path`, or null. */
function directionFault(path: string, site: ImportSite): string | null {
  const target = site.specifier === null ? null : resolveImport(path, site.specifier);
  if (target === null) return null;
  if (isTestCode(target)) return `"${target}" is test code`;
  const layer = LAYERS.find(({ folder }) => path.startsWith(folder));
  if (!layer || allowed(layer, target, site)) return null;
  const core = layer.core === "all" ? CORE : `types (and LIMITS and ids) of ${CORE}`;
  return `${layer.folder} imports "${target}", wanted only ${[layer.folder, ...layer.mayImport, core].join(", ")}`;
}

export const importDirection: Deno.lint.Rule = {
  create(context) {
    const path = projectPath(context.filename);
    if (isTestCode(path)) return {};
    return importVisitor((site) => {
      const fault = directionFault(path, site);
      if (fault) context.report({ node: site.node, message: fault });
    });
  },
};
