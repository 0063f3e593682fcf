/** `docs/dependencies.md` says what is in the lock file and why: nothing else is in there, and what is never loaded is not. */
import { assertEquals } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import overrides from "../../package.json" with { type: "json" };
import { readText } from "./sources.ts";

const lock: { readonly npm: Readonly<Record<string, object>> } = JSON.parse(readText("deno.lock"));
/** Package and version of each row: "| `name` 1.2.3 |". */
const rows = [...readText("docs/dependencies.md").matchAll(/^\| `([\w@/.-]+)` (\d[\w.]*) +\|/gm)]
  .map(([, name, version]) => `${name}@${version}`);

Deno.test("docs/dependencies.md has a row for each package of the lock file, with its version", () => {
  // Behind the version the lock file may name the one of a package that it is used with.
  const locked = Object.keys(lock.npm).map((name) => name.replace(/(\d)_.*/, "$1"));
  assertEquals(rows.toSorted(), locked.toSorted());
});

Deno.test("packages that are imported have fixed versions", () => {
  const loose = Object.values(config.imports).filter((target) =>
    !/^npm:\/?(@\w+\/)?[\w-]+@\d+\.\d+\.\d+(\/|$)/.test(target)
  );
  assertEquals(loose, []);
});

Deno.test("what others name and nothing loads stands for a package that is there anyway", () => {
  const stands = Object.values(overrides.overrides).map((target) => target.replace("npm:", ""));
  assertEquals(stands.filter((target) => !Object.hasOwn(lock.npm, target)), []);
  for (const name of Object.keys(overrides.overrides)) {
    assertEquals(Object.keys(lock.npm).filter((locked) => locked.startsWith(`${name}@`)), [], name);
  }
});

Deno.test("no package may run a script of its own when it is installed", () => {
  const withScripts = Object.entries(lock.npm).filter(([, entry]) => "scripts" in entry).map(([name]) => `npm:${name}`);
  assertEquals([config.allowScripts.allow, withScripts.toSorted()], [[], config.allowScripts.deny.toSorted()]);
});
