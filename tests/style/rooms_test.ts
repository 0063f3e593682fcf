/** Checks the module structure as a whole: no two modules import each other, rooms form layers, and no folder grows beyond a limit. */
import { assert, assertEquals } from "@std/assert";
import { findCircles } from "./circles.ts";
import { resolveImport } from "./paths.ts";
import { isDoor, roomOf, ROOMS } from "./rooms.ts";
import { listFiles, readText } from "./sources.ts";

const MODULES = [...listFiles("", [".ts"])];
/** Maximum number of modules in one folder, not counting the tests beside them. */
const MAX_MODULES = 20;
/** Specifiers of imports and re-exports, as `deno fmt` leaves them. */
const SPECIFIER = /^(?:import|export)\b(?:[^;"]*?\bfrom)? ?"(?<specifier>[^"]+)"/gm;

/** Returns every module by path, with the modules of the project that it names. */
function importGraph(): ReadonlyMap<string, readonly string[]> {
  return new Map(
    MODULES.map((path) => {
      const text = readText(path);
      const specifiers = [...text.matchAll(SPECIFIER)].map(({ groups }) => groups!["specifier"]!);
      const targets = specifiers.map((specifier) => resolveImport(path, specifier));
      return [path, targets.filter((target) => target?.endsWith(".ts")) as string[]];
    }),
  );
}

Deno.test("circles are found: alone, in a longer one, and not where there is none", () => {
  assertEquals(findCircles(new Map([["a", ["a"]]])), [["a"]]);
  assertEquals(findCircles(new Map([["a", ["b", "d"]], ["b", ["c"]], ["c", ["a"]], ["d", []]])), [["a", "b", "c"]]);
  assertEquals(findCircles(new Map([["a", ["b", "c"]], ["b", ["c"]], ["c", []]])), []);
});

Deno.test("no modules import each other in a circle, tests included", () => {
  const graph = importGraph();
  assert(graph.size > 500, `wanted the whole project, read ${graph.size} modules`);
  assert(graph.get("replica/core/step.ts")!.includes("replica/core/on_tick.ts"));
  assertEquals(findCircles(graph), []);
});

Deno.test("rooms stand on floors: what one may import never leads back to it, but inside the core", () => {
  const floors = new Map(ROOMS.map(({ name, mayImport }) => [name, mayImport.filter((below) => below !== name)]));
  const names = new Set(floors.keys());
  for (const below of [...floors.values()].flat()) assert(names.has(below), `${below} is no room`);
  assertEquals(findCircles(floors).flat().filter((name) => !name.startsWith("replica/core/")), []);
});

Deno.test("the image has every folder that ships, and its build is sent them", () => {
  const folders = new Set(ROOMS.map(({ name }) => name.split("/", 1)[0]!));
  for (const folder of folders) {
    assert(readText("Dockerfile").includes(`\nCOPY ${folder} ${folder}/\n`), `the Dockerfile copies no ${folder}`);
    assert(readText(".dockerignore").includes(`\n!${folder}\n`), `.dockerignore keeps ${folder} out`);
  }
});

Deno.test("every shipped module is in a room, and every room has modules", () => {
  const shipped = MODULES.filter((path) =>
    /^(client|crypto|metrics|protocol|replica|state_machine|transport)\//.test(path) && !path.endsWith("_test.ts")
  );
  assertEquals(shipped.filter((path) => roomOf(path) === null), []);
  const used = new Set(shipped.filter((path) => !isDoor(path)).map((path) => roomOf(path)!.name));
  assertEquals(ROOMS.map(({ name }) => name).filter((name) => !used.has(name)), []);
});

Deno.test(`no folder has more than ${MAX_MODULES} modules`, () => {
  const modules = MODULES.filter((path) => !path.endsWith("_test.ts"));
  const folders = Map.groupBy(modules, (path) => path.slice(0, path.lastIndexOf("/") + 1));
  const large = [...folders].filter(([, { length }]) => length > MAX_MODULES).map((
    [folder, { length }],
  ) => [folder, length]);
  assertEquals(large, []);
});
