/** Rule `clause-citations`: everything a comment or a string cites with a § exists in `docs/clauses.md`. */
import { type Law, loadLaw, unknownCitations } from "./clauses.ts";

let law: Law | null = null;

export const clauseCitations: Deno.lint.Rule = {
  create(context) {
    law ??= loadLaw();
    const { known } = law;
    return {
      "Program:exit"() {
        for (const { number, at } of unknownCitations({ known }, context.sourceCode.text)) {
          context.report({
            range: [at, at + 1 + number.length],
            message: `a citation of §${number}, which docs/clauses.md does not hold`,
            hint: 'Sections of other documents are written "section 6.3".',
          });
        }
      },
    };
  },
};
