/** The content of `docs/clauses.md`, and its citations in other files. */

/** Numbers of chapters and clauses, and labels of sentences, each without its mark. */
export interface Law {
  /** Chapters (`6`), clauses (`6.5`) and labels (`6.5a`): everything that may follow a §. */
  readonly known: ReadonlySet<string>;
  /** The labels, in the order of the text. */
  readonly labels: readonly string[];
  /** Faults of the text itself, in words. */
  readonly faults: readonly string[];
}

/** A § and the number after it. */
export interface Citation {
  readonly number: string;
  /** Its position in the text. */
  readonly at: number;
}

const CHAPTER = /^## (\d+) /;
const CLAUSE = /^\*\*(\d+\.\d+) /;
const LABEL = /⚠(\d+\.\d+)([a-z])/g;
/** Matches a citation. The sign is for clauses of this protocol alone: sections of other documents are written "section 6.3". */
const CITATION = /§\s*(\d+(?:\.\d+)*[a-z]?)/g;

/** Parses the text of `docs/clauses.md`. */
export function readLaw(text: string): Law {
  const known = new Set<string>();
  const labels: string[] = [];
  const faults: string[] = [];
  let [chapter, clause, letters] = ["", "", 0];
  const open = (number: string): string => {
    if (known.has(number)) faults.push(`${number} stands there twice`);
    known.add(number);
    return number;
  };
  for (const line of text.split("\n")) {
    const [, newChapter] = CHAPTER.exec(line) ?? [];
    if (newChapter !== undefined) [chapter, clause] = [open(newChapter), ""];
    const [, newClause] = CLAUSE.exec(line) ?? [];
    if (newClause !== undefined) [clause, letters] = [open(newClause), 0];
    if (newClause !== undefined && !newClause.startsWith(`${chapter}.`)) {
      faults.push(`clause ${newClause} stands in chapter ${chapter}`);
    }
    for (const [, number, letter] of line.matchAll(LABEL)) {
      const wanted = `${clause}${String.fromCharCode(97 + letters++)}`;
      if (`${number}${letter}` !== wanted) faults.push(`label ${number}${letter} stands where ${wanted} is wanted`);
      labels.push(open(`${number}${letter}`));
    }
  }
  return { known, labels, faults };
}

/** Returns every citation in `text`, in order. */
export const citationsIn = (text: string): Citation[] =>
  [...text.matchAll(CITATION)].map(({ 1: number, index }) => ({ number: number!, at: index }));

/** Returns the citations in `text` that `law` does not contain. */
export const unknownCitations = ({ known }: Pick<Law, "known">, text: string): Citation[] =>
  citationsIn(text).filter(({ number }) => !known.has(number));

/** Matches a test's name, and the comments right above it. */
const TEST = /^(?:[ \t]*(?:\/\/.*|\/\*\*.*\*\/)\n)*[ \t]*Deno\.test\(\s*(?:"(?:[^"\\\n]|\\.)*"|`[^`]*`)/gm;

/** Returns the labels cited by the names of the tests in `text`, or the comments right above them. */
export const labelsOfTests = (text: string): string[] =>
  (text.match(TEST) ?? []).flatMap((head) => citationsIn(head)).map(({ number }) => number).filter(isLabel);

/** Returns whether `number` names a sentence rather than a whole clause. */
export const isLabel = (number: string): boolean => /[a-z]$/.test(number);

/** Reads and parses `docs/clauses.md`. */
export const loadLaw = (): Law => readLaw(Deno.readTextFileSync(new URL("../../docs/clauses.md", import.meta.url)));
