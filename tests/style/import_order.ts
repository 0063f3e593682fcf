/**
 * Rule `import-order`: in each block of imports packages come first, then relative paths, both in ASCII order of their paths. `deno lint
 * --fix` sorts a block.
 */

const isRelative = (path: string): boolean => path.startsWith(".");

/** Compares two paths of imports: packages before relative paths, then by code units, so that `../` comes before `./`. */
export function comparePaths(a: string, b: string): number {
  if (isRelative(a) !== isRelative(b)) return isRelative(a) ? 1 : -1;
  return a < b ? -1 : a > b ? 1 : 0;
}

type Import = Deno.lint.ImportDeclaration;

/** Returns whether an import is there for its effects alone: then its place may matter, and nothing moves across it. */
const isForEffects = ({ specifiers, importKind }: Import): boolean => specifiers.length === 0 && importKind !== "type";

/** Returns the runs of imports that follow each other with nothing in between. */
function blocksOf(body: readonly Deno.lint.Node[]): Import[][] {
  const blocks: Import[][] = [[]];
  for (const node of body) {
    if (node.type === "ImportDeclaration" && !isForEffects(node)) blocks.at(-1)!.push(node);
    else if (blocks.at(-1)!.length > 0) blocks.push([]);
  }
  return blocks;
}

function judge(context: Deno.lint.RuleContext, block: readonly Import[]): void {
  const sorted = block.toSorted((a, b) => comparePaths(a.source.value, b.source.value));
  const at = block.findIndex((node, i) => node !== sorted[i]);
  if (at < 0) return;
  const range: Deno.lint.Range = [block[0]!.range[0], block.at(-1)!.range[1]];
  const [given, wanted] = [block[at]!, sorted[at]!].map(({ source }) => JSON.stringify(source.value));
  // A comment in between belongs to one of the imports, and only its author knows to which.
  const comments = context.sourceCode.getAllComments().some((comment) =>
    comment.range[0] > range[0] && comment.range[1] < range[1]
  );
  context.report({
    node: block[at]!,
    message: `an import of ${given} in this place, wanted ${wanted}: packages, then relative paths, in ASCII order`,
    hint: comments ? "Sort them by hand: there are comments in between." : "deno lint --fix sorts them.",
    ...(comments ? {} : { fix: (fixer) => fixer.replaceTextRange(range, textOf(context, sorted)) }),
  });
}

const textOf = ({ sourceCode }: Deno.lint.RuleContext, imports: readonly Import[]): string =>
  imports.map((node) => sourceCode.getText(node)).join("\n");

export const importOrder: Deno.lint.Rule = {
  create(context) {
    return {
      Program(node) {
        for (const block of blocksOf(node.body)) judge(context, block);
      },
    };
  },
};
