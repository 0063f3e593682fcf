import { assertEquals } from "@std/assert";
import plugin from "./lint_plugin.ts";

/** Returns a § before `number`, put together here so that this file cites nothing that does not exist. */
const cite = (number: string): string => `\u00a7${number}`;

/** Returns the rule's findings in `source`, taken as a file of the core. */
const found = (source: string): string[] =>
  Deno.lint.runPlugin(plugin, "replica/core/step.ts", source)
    .filter(({ id }) => id === "bft-raft/clause-citations")
    .map(({ message, range }) => `${source.slice(...range)}: ${message}`);

const missing = (number: string): string[] => [
  `${cite(number)}: a citation of ${cite(number)}, which docs/clauses.md does not hold`,
];

Deno.test("clause-citations: chapters, clauses and labels that stand in docs/clauses.md pass", () => {
  const source = `
/** ${cite("6")}, ${cite("6.5")}; also ${cite("5.1")}–${cite("5.3")}. */
export const s = "${cite("5.6a")} one t for all"; // ${cite("12")}: ${cite("10")}'s, ${cite("0")}
export const t = \`${cite("8.4")}: \${s} ${cite("n.n")} ${cite("…")} section 99.9\`;
`;
  assertEquals(found(source), []);
});

Deno.test("clause-citations: what does not stand there is found, in comments and in every kind of string", () => {
  for (const number of ["99", "6.99", "5.6z", "6.5.3", "06.5", "5.99a", "6a"]) {
    for (
      const source of [
        `// by ${cite(number)}\nexport const x = 1;`,
        `/** ${cite("6.5")}, ${cite(number)}. */\nexport const x = 1;`,
        `export const x = "${cite(number)} no second vote";`,
        `export const x = (n: number) => \`${cite(number)} \${n}\`;`,
        `export const x = 1; // the last line (${cite(number)})`,
      ]
    ) {
      assertEquals(found(source), missing(number), source);
    }
  }
  assertEquals(found(`export const x = 1; // ${cite("1.1")} ${cite("99")} ${cite("98")}`).length, 2);
});
