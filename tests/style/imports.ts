/** One visitor for every syntax that names another module, shared by the rules that check imports. */

/** A place where a module names another. */
export interface ImportSite {
  readonly node: Deno.lint.Node;
  /** Null if the specifier is computed at run time. */
  readonly specifier: string | null;
  readonly syntax: "static" | "dynamic" | "type-expression";
  /** True if nothing of it is left at run time. */
  readonly typeOnly: boolean;
}

function stringValue(node: Deno.lint.Node | null | undefined): string | null {
  if (!node) return null;
  if (node.type === "TSLiteralType") return stringValue(node.literal);
  return node.type === "Literal" && typeof node.value === "string" ? node.value : null;
}

function allTypes(node: Deno.lint.ImportDeclaration): boolean {
  if (node.importKind === "type") return true;
  const kinds = node.specifiers.map((each) => each.type === "ImportSpecifier" ? each.importKind : "value");
  return kinds.length > 0 && kinds.every((kind) => kind === "type");
}

/** Returns a visitor that calls `found` for imports, re-exports, dynamic imports and `import("…")` types. */
export function importVisitor(found: (site: ImportSite) => void): Deno.lint.LintVisitor {
  const reExport = (node: Deno.lint.ExportNamedDeclaration | Deno.lint.ExportAllDeclaration) => {
    if (!node.source) return;
    found({ node, specifier: node.source.value, syntax: "static", typeOnly: node.exportKind === "type" });
  };
  return {
    ImportDeclaration(node) {
      found({ node, specifier: node.source.value, syntax: "static", typeOnly: allTypes(node) });
    },
    ExportNamedDeclaration: reExport,
    ExportAllDeclaration: reExport,
    ImportExpression(node) {
      found({ node, specifier: stringValue(node.source), syntax: "dynamic", typeOnly: false });
    },
    TSImportType(node) {
      found({ node, specifier: stringValue(node.argument), syntax: "type-expression", typeOnly: true });
    },
  };
}
