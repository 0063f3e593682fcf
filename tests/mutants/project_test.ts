import { assert, assertEquals, assertThrows } from "@std/assert";
import { listParts, PROJECT, readSources } from "./project.ts";

/** Returns the folders and modules below the project's root that a module of `sources` imports. */
function importedParts(sources: ReadonlyMap<string, string>): ReadonlySet<string> {
  const parts = [...sources].flatMap(([file, text]) =>
    [...text.matchAll(/^(?:import|export|\}) [^"]*from "(\.{1,2}\/[^"]+)"/gm)].map(([, target]) =>
      new URL(target!, `file:///${file}`).pathname.split("/")[1]!
    )
  );
  return new Set(parts);
}

Deno.test("a copy holds every folder and module that the sources reach", () => {
  const imported = importedParts(readSources());
  assert(imported.has("replica") && imported.size > 3);
  for (const part of imported) assert(listParts().includes(part), part);
});

Deno.test("sources are shipped modules alone", () => {
  const files = [...readSources().keys()];
  assert(files.includes("mod.ts") && files.includes("replica/main.ts"));
  assertEquals(files.filter((file) => /_test\.ts$|^(tests|tasks|bench)\//.test(file)), []);
});

Deno.test("a folder that is no project is refused", () => {
  const elsewhere = new URL("tests/mutants/", PROJECT);
  const { message } = assertThrows(() => listParts(elsewhere), Error);
  assertEquals(message.split(", got ")[1], "no deno.json, no deno.lock, no package.json, no replica, no tests");
});
