import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { type Mutant, type Patch, patch } from "./mutant.ts";
import { createSources, patchedFiles } from "./patches.ts";

const ACKS = `/** Acks. */
import { type Head, offset } from "./log.ts";

/** Whether it may ack. */
export function mayAck(
  head: Head,
): boolean {
  const next = offset(head, 1);

  return next > 0;
}

const limit = 7;
`;
const LOG = `export interface Head {}
export const offset = (head: Head, by: number) => head.index + by;
const hidden = 1;
export function truncate(limit: number): void {
  if (limit > 0) cut(limit);
}
export class Book {
  #size = 0;

  async add(size: number): Promise<void> {
    this.#size += size;
  }

  size(): number {
    return this.#size;
  }
}
`;
const SOURCES = createSources(
  new Map([
    ["replica/core/acks.ts", ACKS],
    ["protocol/log.ts", LOG],
    ["replica/storage/tip.ts", "export function truncate(limit: number): void {\n  demand(limit > 0);\n}\n"],
  ]),
);

const planting = (...patches: Patch[]): Mutant => ({
  name: "misfit",
  kind: "safety",
  clause: "§1.1",
  what: "",
  how: "",
  patches,
});
const plant = (...patches: Patch[]) => patchedFiles(planting(...patches), SOURCES);

/** Returns the error of a refused patch, which must name the mutant, the definition and the text. */
function refusal(definition: string, find: string, replace = "", uses: readonly string[] = []): string {
  const { message } = assertThrows(() => plant(patch(definition, find, replace, uses)), Error);
  assertStringIncludes(message, `mutant misfit, patch of ${definition}: `);
  assert(message.endsWith(`; its text is:\n${find}`), message);
  return message;
}

Deno.test("a text is replaced within the definition that was named, and nowhere else", () => {
  const [[file, text]] = plant(patch("mayAck", "> 0;", ">= 0;")) as unknown as [[string, string]];
  assertEquals([file, text], ["replica/core/acks.ts", ACKS.replace("> 0;", ">= 0;")]);
  assertEquals(plant(patch("limit", "7", "8")).get("replica/core/acks.ts"), ACKS.replace("7", "8"));
  assertStringIncludes(refusal("limit", "> 0;"), "in limit of replica/core/acks.ts, got it 0 times");
});

Deno.test("a method is named with its class, and holds nothing of its neighbours", () => {
  const text = plant(patch("Book.size", "this.#size", "0")).get("protocol/log.ts");
  assertEquals(text, LOG.replace("return this.#size", "return 0"));
  assertStringIncludes(refusal("Book", "this.#size"), "in Book of protocol/log.ts, got it 2 times");
  assertStringIncludes(refusal("Book.add", "return this"), "in Book.add of protocol/log.ts, got it 0 times");
});

Deno.test("a definition that is not there, or is there twice, is refused", () => {
  assertStringIncludes(refusal("mayVote", "x"), "wanted one definition called mayVote, got none");
  assertStringIncludes(refusal("Book.remove", "x"), "got none");
  assertStringIncludes(refusal("truncate", "limit > 0"), "got protocol/log.ts:4 and replica/storage/tip.ts:1");
  assertStringIncludes(refusal("acks:truncate", "limit > 0"), "got none");
});

Deno.test("a name that two files define is told apart by a folder or the file", () => {
  for (const place of ["tip", "storage"]) {
    assertEquals([...plant(patch(`${place}:truncate`, "limit > 0", "true")).keys()], ["replica/storage/tip.ts"]);
  }
  assertEquals([...plant(patch("protocol:truncate", "limit > 0", "true")).keys()], ["protocol/log.ts"]);
});

Deno.test("a text that is never there, or twice, is refused", () => {
  assertStringIncludes(refusal("mayAck", "nowhere"), "exactly once in mayAck of replica/core/acks.ts, got it 0 times");
  assertStringIncludes(refusal("mayAck", "next"), "exactly once in mayAck of replica/core/acks.ts, got it 2 times");
  assertStringIncludes(refusal("mayAck", ""), "got nothing to look for");
});

Deno.test("patches apply in order, also where one before moves the definition or takes it away", () => {
  const moved = plant(
    patch("mayAck", "export function", "const late = 1;\nexport function"),
    patch("mayAck", "> 0", "> 1"),
  );
  assertStringIncludes(moved.get("replica/core/acks.ts")!, "const late = 1;\nexport function mayAck(");
  assertStringIncludes(moved.get("replica/core/acks.ts")!, "return next > 1;");
  const gone = () => plant(patch("mayAck", "mayAck", "mayNot"), patch("mayAck", "> 0", "> 1"));
  assertThrows(gone, Error, "wanted one definition of mayAck left in replica/core/acks.ts by the patches before");
});

Deno.test("what a replacement uses is imported once, unless it is in scope", () => {
  const uses = ["limit", "offset", "protocol:truncate"];
  const text = plant(patch("mayAck", "> 0", "> truncate()", uses), patch("limit", "7", "truncate()", uses))
    .get("replica/core/acks.ts")!;
  assertEquals(text.split("\n")[0], `import { truncate } from "../../protocol/log.ts";`);
  assertEquals([...text.matchAll(/^import /gm)].length, 2);
  const message = refusal("mayAck", "> 0", "> hidden", ["hidden"]);
  assertStringIncludes(message, "wanted an exported definition to use, got hidden of protocol/log.ts");
  assertStringIncludes(refusal("mayAck", "> 0", "> x", ["unknown"]), "wanted one definition called unknown, got none");
});
