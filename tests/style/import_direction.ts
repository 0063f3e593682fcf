/**
 * Rule `import-direction`: imports point down (`rooms.ts`), and shipped code never depends on test code. Packages, `node:` modules and data
 * files are not checked here.
 */
import { type ImportSite, importVisitor } from "./imports.ts";
import { isTool, projectPath, resolveImport } from "./paths.ts";
import { isDoor, type Room, roomOf } from "./rooms.ts";

/** Returns the folder whose door `path` is. */
const behind = (path: string) => path.slice(0, path.lastIndexOf("/") + 1);

/** Returns whether a file of `room`, or a door of it, may name the file at `target`. */
function allowed(path: string, room: Room, target: string): boolean {
  if (isDoor(path) && target.startsWith(behind(path))) return true;
  if (isDoor(target) && path.startsWith(behind(target))) return false;
  const to = roomOf(target);
  return to !== null && (to.name === room.name || room.mayImport.includes(to.name));
}

/** Describes the fault of an import of `path`, or returns null. */
function directionFault(path: string, site: ImportSite): string | null {
  const target = site.specifier === null ? null : resolveImport(path, site.specifier);
  if (target === null || !target.endsWith(".ts")) return null;
  if (isTool(target)) return `"${target}" is test code`;
  const room = roomOf(path);
  if (room === null || allowed(path, room, target)) return null;
  return `${room.name} imports "${target}", wanted only ${[room.name, ...room.mayImport].join(", ")}`;
}

export const importDirection: Deno.lint.Rule = {
  create(context) {
    const path = projectPath(context.filename);
    if (isTool(path)) return {};
    return importVisitor((site) => {
      const fault = directionFault(path, site);
      if (fault) context.report({ node: site.node, message: fault });
    });
  },
};
