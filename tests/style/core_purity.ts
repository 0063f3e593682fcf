/**
 * Rule `core-purity`: the protocol's core is a pure function of its inputs, so that a recorded run replays exactly. The vocabulary below it
 * and the client's session are held to the same rule.
 */
import { type ImportSite, importVisitor } from "./imports.ts";
import { isTestCode, projectPath, resolveImport } from "./paths.ts";

/** Folders of pure code, and the folders each may import besides itself. */
const PURE: ReadonlyMap<string, readonly string[]> = new Map([
  ["protocol/", []],
  ["replica/core/", ["protocol/"]],
  ["client/session/", ["protocol/"]],
]);

/** Names that reach time, randomness, the outside world or the task queue. */
const IMPURE_NAMES = new Set([
  "Date",
  "Deno",
  "EventSource",
  "Function",
  "Promise",
  "WebSocket",
  "Worker",
  "clearInterval",
  "clearTimeout",
  "console",
  "crypto",
  "eval",
  "fetch",
  "globalThis",
  "localStorage",
  "performance",
  "process",
  "queueMicrotask",
  "require",
  "setImmediate",
  "setInterval",
  "setTimeout",
]);

/** Returns the pure folder that the file at `path` is in, or null. */
export function pureFolderOf(path: string): string | null {
  if (isTestCode(path)) return null;
  return [...PURE.keys()].find((folder) => path.startsWith(folder)) ?? null;
}

/** Returns whether the identifier is only a name after a dot or before a colon, and so reaches nothing. */
function isMemberName(node: Deno.lint.Identifier): boolean {
  const parent = node.parent;
  switch (parent.type) {
    case "MemberExpression":
      return parent.property === node && !parent.computed;
    case "Property":
    case "PropertyDefinition":
    case "MethodDefinition":
    case "TSPropertySignature":
    case "TSMethodSignature":
      return parent.key === node && !parent.computed;
    case "TSQualifiedName":
      return parent.right === node;
    default:
      return false;
  }
}

function isRandom(node: Deno.lint.MemberExpression): boolean {
  if (node.object.type !== "Identifier" || node.object.name !== "Math") return false;
  const { property } = node;
  return (property.type === "Identifier" && property.name === "random") ||
    (property.type === "Literal" && property.value === "random");
}

/** Describes the fault of an import by a file in the pure folder `home`, or returns null. */
function importFault(home: string, path: string, site: ImportSite): string | null {
  if (site.syntax === "dynamic") return "a dynamic import";
  const target = resolveImport(path, site.specifier ?? "");
  if (target === null) return `an import of the package or module "${site.specifier}"`;
  if ([home, ...PURE.get(home)!].some((folder) => target.startsWith(folder))) return null;
  return `an import from outside ${[home, ...PURE.get(home)!].join(" and ")} ("${target}")`;
}

export const corePurity: Deno.lint.Rule = {
  create(context) {
    const path = projectPath(context.filename);
    const home = pureFolderOf(path);
    if (home === null) return {};
    const report = (node: Deno.lint.Node, what: string) =>
      context.report({
        node,
        message: `${what} in pure code`,
        hint: "Hand it in through an input or a port; see docs/protocol.md and protocol/ports.ts.",
      });
    const onFunction = (node: Deno.lint.Node & { async: boolean }) => {
      if (node.async) report(node, "an async function");
    };
    return {
      ...importVisitor((site) => {
        const fault = importFault(home, path, site);
        if (fault) report(site.node, fault);
      }),
      FunctionDeclaration: onFunction,
      FunctionExpression: onFunction,
      ArrowFunctionExpression: onFunction,
      AwaitExpression: (node) => report(node, "await"),
      ForOfStatement: (node) => node.await && report(node, "for await"),
      MetaProperty: (node) => node.meta.name === "import" && report(node, "import.meta"),
      MemberExpression: (node) => isRandom(node) && report(node, "Math.random"),
      Identifier: (node) => IMPURE_NAMES.has(node.name) && !isMemberName(node) && report(node, `"${node.name}"`),
    };
  },
};
