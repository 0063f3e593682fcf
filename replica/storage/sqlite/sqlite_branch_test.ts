/** §6.8 on the disk: the branch is written where it changes, and nowhere else. */
import { assert, assertEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import type { ChainedEntry } from "../../../protocol/entry.ts";
import * as forge from "../../../tests/clauses/support/forge.ts";
import { TABLES } from "./sqlite_schema.ts";
import { Statements } from "./sqlite_statements.ts";

function opened() {
  const db = new DatabaseSync(":memory:");
  db.exec(TABLES);
  const statements = new Statements(db);
  const held = () => db.prepare("SELECT idx FROM branch ORDER BY idx").all().map((row) => Number(row["idx"]));
  const bodies = () => db.prepare("SELECT body FROM branch ORDER BY idx").all().map((row) => row["body"]);
  const changes = () => Number(db.prepare("SELECT total_changes() AS made").get()!["made"]);
  /** Rows that `action` writes or removes. */
  const cost = (action: () => void): number => {
    const before = changes();
    action();
    return changes() - before;
  };
  return { statements, held, bodies, cost };
}

const CHAIN = forge.grow(forge.GENESIS, 1983, 1);
const indexesOf = (entries: readonly ChainedEntry[]) => entries.map(({ entry }) => Number(entry.index));

Deno.test("a branch that the log grows over costs each of its rows once", () => {
  const { statements, held, cost } = opened();
  let rows = cost(() => statements.replaceBranch(CHAIN));
  for (let from = 64; from < CHAIN.length; from += 64) {
    rows += cost(() => statements.replaceBranch(CHAIN.slice(from)));
    assertEquals(held().length, CHAIN.length - from);
  }
  rows += cost(() => statements.replaceBranch([]));
  assertEquals([rows, held()], [2 * CHAIN.length, []]);
});

Deno.test("one that grows at either end costs what is new", () => {
  const { statements, held, cost } = opened();
  statements.replaceBranch(CHAIN.slice(100, 200));
  assertEquals(cost(() => statements.replaceBranch(CHAIN.slice(40, 200))), 60);
  assertEquals(cost(() => statements.replaceBranch(CHAIN.slice(40, 210))), 10);
  assertEquals(cost(() => statements.replaceBranch(CHAIN.slice(50, 190))), 30);
  assertEquals(held(), indexesOf(CHAIN.slice(50, 190)));
});

Deno.test("whatever takes the place of a branch, afterwards it holds that and nothing else", () => {
  const other = [...CHAIN.slice(0, 30), ...forge.grow(forge.headIn(CHAIN, 30), 30, 2, "other")];
  const branches = [[0, 60], [10, 40], [20, 60], [25, 28], [29, 31], [30, 60], [35, 50], [59, 60], [0, 0]] as const;
  for (const [from, to] of branches) {
    for (const [next, end] of branches) {
      for (const chain of [CHAIN, other]) {
        const { statements, held, bodies } = opened();
        statements.replaceBranch(CHAIN.slice(from, to));
        statements.replaceBranch(chain.slice(next, end));
        assertEquals(held(), indexesOf(chain.slice(next, end)));
        const wanted = chain.slice(next, end).map(({ entry }) => entry.body);
        assert(bodies().every((body, i) => String(body) === String(wanted[i])), `${from}-${to}, then ${next}-${end}`);
      }
    }
  }
});
