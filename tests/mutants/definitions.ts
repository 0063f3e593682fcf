/**
 * Finds definitions in the sources: scans for top-level definitions and methods of classes, line by line. It relies on the layout that
 * `deno fmt` fixes: a definition begins at column 0 (a method at column 2) and reaches to the last line that is indented further or closes
 * something.
 */

/** A top-level function, constant, class or type, or a method of a class. */
export interface Definition {
  /** Its name as defined; a method's is `Class.method`. */
  readonly name: string;
  /** Path from the project's root. */
  readonly file: string;
  /** Line number, counted from 1. */
  readonly line: number;
  readonly exported: boolean;
  /** Its text is `slice(start, end)` of its file's; comments before it are no part of it. */
  readonly start: number;
  readonly end: number;
}

/** Patterns of the first line of definitions of one depth, and of the lines that continue one; blank lines between those do too. */
interface Layout {
  readonly begins: RegExp;
  readonly goesOn: RegExp;
}

const TOP: Layout = {
  begins:
    /^(?<exported>export )?(?:abstract |async )*(?<kind>function|const|let|class|interface|type|enum)\*? (?<name>[\w$]+)/,
  goesOn: /^[ )}\]]/,
};
const METHOD: Layout = {
  begins: /^ {2}(?:(?:async|static|override|get|set|private|protected|public) )*\*?(?<name>#?[\w$]+)(?:<.*>)?\(/,
  goesOn: /^ {2}[ )}\]]/,
};

interface Block {
  readonly groups: Readonly<Record<string, string | undefined>>;
  /** Number of lines before it. */
  readonly line: number;
  readonly start: number;
  readonly end: number;
}

function readBlocks(text: string, { begins, goesOn }: Layout): readonly Block[] {
  const blocks: Block[] = [];
  let start = 0;
  let open = false;
  for (const [line, content] of text.split("\n").entries()) {
    const end = start + content.length;
    const groups = begins.exec(content)?.groups;
    if (groups) blocks.push({ groups, line, start, end });
    else if (open && goesOn.test(content)) blocks.push({ ...blocks.pop()!, end });
    open = groups !== undefined || (open && (content === "" || goesOn.test(content)));
    start = end + 1;
  }
  return blocks;
}

/** Returns the definitions in a file; methods of a class follow it. */
export function readDefinitions(file: string, text: string): readonly Definition[] {
  return readBlocks(text, TOP).flatMap(({ groups, line, start, end }) => {
    const name = groups["name"]!;
    const found = { name, file, line: line + 1, exported: groups["exported"] !== undefined, start, end };
    if (groups["kind"] !== "class") return [found];
    const methods = readBlocks(text.slice(start, end), METHOD).map((method): Definition => ({
      name: `${name}.${method.groups["name"]}`,
      file,
      line: found.line + method.line,
      exported: false,
      start: start + method.start,
      end: start + method.end,
    }));
    return [found, ...methods];
  });
}

/** Looks definitions up by name. */
export interface DefinitionIndex {
  /**
   * Returns the one definition that `reference` names: `mayAck`, `Replier.answer`, or `tip:truncate` if several files define a `truncate`:
   * the one below a folder, or in a file, called `tip`. Throws `Error` if there is none or more than one.
   */
  find(reference: string): Definition;
}

/** Indexes the definitions of `sources`, which map paths from the project's root to texts. */
export function indexDefinitions(sources: ReadonlyMap<string, string>): DefinitionIndex {
  const all = [...sources].flatMap(([file, text]) => readDefinitions(file, text));
  const byName = Map.groupBy(all, ({ name }) => name);
  return {
    find(reference) {
      const [name, place] = reference.split(":").reverse();
      const found = (byName.get(name!) ?? []).filter(({ file }) =>
        place === undefined || placesOf(file).includes(place)
      );
      if (found.length === 1) return found[0]!;
      const got = found.map(({ file, line }) => `${file}:${line}`).join(" and ");
      throw new Error(`wanted one definition called ${reference}, got ${got || "none"}`);
    },
  };
}

/** Returns the names of folders and file on a path: `replica`, `storage` and `tip` for `replica/storage/tip.ts`. */
const placesOf = (file: string): readonly string[] => file.replace(/\.ts$/, "").split("/");
