/** The README's table says of every task what it may do, and `deno.json` grants native code and programs to those that it says. */
import { assert, assertEquals } from "@std/assert";
import { SYSTEM_LIBRARY_PATHS } from "../../crypto/signing/library_paths.ts";
import config from "../../deno.json" with { type: "json" };
import { readText } from "./sources.ts";

const [, table = ""] = /^### What each task may do\n([^]*?)^### /m.exec(readText("README.md")) ?? [];
/** Grants in words, by task. */
const may = new Map(
  [...table.matchAll(/^\| (`.+?) +\| (.+?) +\| .+\|$/gm)].reverse().flatMap(([, names, what]) =>
    [...names!.matchAll(/`([\w:]+)`/g)].map(([, name]) => [name!, what!] as const)
  ),
);

/** Sets that a task's row describes by what it starts. */
const OF_OTHERS = new Set(["test", "ok", "replica"]);

Deno.test("the README says of every task what it may do", () => {
  assertEquals([...may.keys()].sort(), Object.keys(config.tasks).sort());
});

Deno.test("tasks are granted network, native code and processes where the README says so, and nowhere else", () => {
  const sets: Readonly<Record<string, object>> = config.permissions;
  let judged = 0;
  for (const [task, { command }] of Object.entries(config.tasks)) {
    if (OF_OTHERS.has(task)) continue;
    judged++;
    const granted = Object.keys(sets[/-P=([\w-]+)/.exec(command)?.[1] ?? ""] ?? {});
    const said = may.get(task)!.replace("the same", may.get("cluster")!);
    const words = { net: /network/, ffi: /native code/, run: /start (Deno|processes)/ };
    for (const [name, word] of Object.entries(words)) {
      assertEquals(granted.includes(name), word.test(said), `${task}: ${name}`);
    }
  }
  assert(judged > 10);
});

Deno.test("compose.yaml lets replicas and the gateway load libsecp256k1 from where the Dockerfile puts it, and that is looked at", () => {
  const grants = [...readText("compose.yaml").matchAll(/"--allow-ffi=(.+?)"/g)].map(([, granted]) => granted!);
  assertEquals(grants.length, 2);
  const [, folder = "none"] = /cp -L \S+libsecp256k1\S+ (\S+)\/ /.exec(readText("Dockerfile")) ?? [];
  for (const granted of grants) assert(granted.split(",").includes(folder), `${granted}: ${folder}`);
  assert(SYSTEM_LIBRARY_PATHS.some((path) => path.startsWith(`${folder}/`)) || Deno.build.os !== "linux", folder);
});

Deno.test("compose.yaml lets the gateway write nothing, and read no key but its own", () => {
  const [, gateway = ""] = /^ {2}gateway:\n([^]*?)^ {2}\w+:/m.exec(readText("compose.yaml")) ?? [];
  const [, granted = ""] = /"--allow-read=(.+?)"/.exec(gateway) ?? [];
  const keys = granted.split(",").filter((path) => path.startsWith("/keys"));
  assertEquals(keys, ["/keys/cluster.json", "/keys/c3.key", "/keys/gateway.tokens"]);
  assert(!/--allow-write|--allow-all|--allow-run|-P=/.test(gateway), gateway);
});
