/**
 * Rule `core-purity`: the protocol's core is a pure function of its inputs, so that a recorded run replays exactly. The
 * client's session, tally and intervention logic are held to the same.
 */
import { type ImportSite, importVisitor } from "./imports.ts";
import { isTestCode, projectPath, resolveImport } from "./paths.ts";

const CORE = "replica/core/";
/** The client's pure files; what one of them imports from `client/` is listed here too. */
const PURE_CLIENT = new Set([
  "client/session/backoff.ts",
  "client/session/equal_tally.ts",
  "client/session/fast_read_tally.ts",
  "client/session/intervention.ts",
  "client/session/leader_cache.ts",
  "client/session/random.ts",
  "client/session/reply_tally.ts",
  "client/session/session.ts",
  "client/session/session_types.ts",
]);

/** Names that reach time, chance, the outside world or the task queue. */
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

/** Whether `path` is held to purity. */
export function isPure(path: string): boolean {
  return !isTestCode(path) && (path.startsWith(CORE) || PURE_CLIENT.has(path));
}

/** Whether the identifier is only a name behind a dot or in front of a colon, and so reaches nothing. */
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

/** What is wrong with an import of a pure file, or null. */
function importFault(path: string, site: ImportSite): string | null {
  if (site.syntax === "dynamic") return "a dynamic import";
  const target = resolveImport(path, site.specifier ?? "");
  if (target === null) return `an import of the package or module "${site.specifier}"`;
  if (target.startsWith(CORE) || (PURE_CLIENT.has(path) && PURE_CLIENT.has(target))) return null;
  return `an import from outside ${CORE}${PURE_CLIENT.has(path) ? " and the client's pure files" : ""} ("${target}")`;
}

export const corePurity: Deno.lint.Rule = {
  create(context) {
    const path = projectPath(context.filename);
    if (!isPure(path)) return {};
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
        const fault = importFault(path, site);
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
