/** Rules `function-length` and `file-length`: code stays small enough to be read in one go, tests included. */
import { projectPath } from "./paths.ts";

/** Maximum number of lines of one function, signature and closing brace included. */
export const MAX_FUNCTION_LINES = 60;
/** Maximum number of lines of one file. */
export const MAX_FILE_LINES = 300;

/** Returns whether a file is generated data, not written by hand; the tests beside it are not. */
const isGenerated = (path: string) =>
  path.endsWith("_vectors.ts") || (path.startsWith("tests/vectors/") && !path.endsWith("_test.ts"));

const countLines = (text: string) => text.replace(/\n$/, "").split("\n").length;

export const functionLength: Deno.lint.Rule = {
  create(context) {
    if (isGenerated(projectPath(context.filename))) return {};
    const check = (node: Deno.lint.Node) => {
      const lines = countLines(context.sourceCode.getText(node));
      if (lines <= MAX_FUNCTION_LINES) return;
      context.report({ node, message: `a function of ${lines} lines, wanted at most ${MAX_FUNCTION_LINES}` });
    };
    return { FunctionDeclaration: check, FunctionExpression: check, ArrowFunctionExpression: check };
  },
};

export const fileLength: Deno.lint.Rule = {
  create(context) {
    if (isGenerated(projectPath(context.filename))) return {};
    return {
      "Program:exit"(node) {
        const lines = countLines(context.sourceCode.text);
        if (lines <= MAX_FILE_LINES) return;
        context.report({ node, message: `a file of ${lines} lines, wanted at most ${MAX_FILE_LINES}` });
      },
    };
  },
};
