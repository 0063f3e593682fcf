/** Rule `doc-comment-begins`: a doc comment begins with what a thing is or does, not with a question word. */

/** A question word at the beginning, after the comment's own stars and a ⚠. */
const QUESTION = /^[\s*]*(?:⚠\s*)?(What|Whether|Who|When|How|Where|Why)\b/i;

/** Returns the question word that a block comment's text begins with, or null if it is no doc comment or begins otherwise. */
export function beginsWithQuestion(text: string): string | null {
  return text.startsWith("*") ? QUESTION.exec(text)?.[1] ?? null : null;
}

export const docCommentBegins: Deno.lint.Rule = {
  create(context) {
    return {
      "Program:exit"() {
        for (const { type, value, range } of context.sourceCode.getAllComments()) {
          const word = type === "Block" ? beginsWithQuestion(value) : null;
          if (word === null) continue;
          context.report({
            range,
            message: `a doc comment that begins with "${word}", wanted what the thing is or does`,
            hint: 'Functions begin with a verb ("Returns whether…"), fields and types with a noun ("Set once…").',
          });
        }
      },
    };
  },
};
