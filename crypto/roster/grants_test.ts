import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import type { Grant } from "../../protocol/ports.ts";
import { backend } from "../../tests/support/backends.ts";
import { makeRoster } from "../../tests/support/make_roster.ts";
import { signedBy } from "../../tests/support/rosters/sign_rosters.ts";
import { ConfigError } from "../config_error.ts";
import { changeOf, createChangeJudge } from "./change_judge.ts";
import { grantLines, readGrants } from "./grants.ts";
import { editedRoster, grantTo, restrictClient, unrestrictClient, withdrawFrom } from "./roster_edits.ts";
import type { Roster } from "./roster_types.ts";

const read = (value: unknown) => readGrants({ path: "$.access", value });
const { roster, keys } = makeRoster();
const current = signedBy(roster, keys.get("operator")!);
const id = roster.clients[0]!.id;
const accessIn = ({ clients }: Roster) => clients[0]!.access;

Deno.test("grants that are none are refused by what was given and what is wanted", () => {
  const rules = [{ prefix: "", may: "read" }, { key: "/a", may: "both" }, { prefix: "/a", may: "write" }];
  assertEquals(read(rules), rules as Grant[]);
  assertEquals(read([]), []);
  const cases: readonly (readonly [unknown, string])[] = [
    [null, "$.access: given null, wanted a list of 0 to 64"],
    [
      Array.from({ length: 65 }, (_, i) => ({ key: `${i}`, may: "read" })),
      "given a list of 65, wanted a list of 0 to 64",
    ],
    [[{ prefix: "/a", key: "/a", may: "read" }], "unknown field"],
    [[{ may: "read" }], 'given no field "prefix"'],
    [[{ prefix: "/a", may: "all" }], '$.access[0].may: given "all", wanted one of read, write, both'],
    [[{ key: "", may: "read" }], '$.access[0].key: given "", wanted well-formed text of 1 to 1024 bytes'],
    [[{ prefix: "é".repeat(513), may: "read" }], "wanted well-formed text of 0 to 1024 bytes"],
    [[{ prefix: "\ud800", may: "read" }], "wanted well-formed text"],
    [[{ prefix: 7, may: "read" }], "$.access[0].prefix: given 7"],
    [[{ key: "/a", may: "read" }, { key: "/a", may: "write" }], 'given key "/a" a second time, wanted other keys than'],
  ];
  for (const [value, message] of cases) {
    assertStringIncludes(assertThrows(() => read(value), ConfigError).message, message);
  }
  read([{ prefix: "é".repeat(512), may: "read" }]);
});

Deno.test("rights change with the roster, and every replica judges that alike", () => {
  const edits = [
    restrictClient(id),
    grantTo(id, { prefix: "/a/", may: "read" }),
    grantTo(id, { key: "/b", may: "write" }),
  ];
  const after = edits.reduce((from, edit) => editedRoster(current, from, edit, backend), roster);
  assertEquals(accessIn(after), [{ prefix: "/a/", may: "read" }, { key: "/b", may: "write" }]);
  const next = signedBy(after, keys.get("operator")!);
  const verdict = createChangeJudge(current, backend).judge(changeOf(current, next));
  assertEquals(verdict.next?.digest, next.digest);
  assertEquals(verdict.next && accessIn(verdict.next.roster), accessIn(after));
});

Deno.test("edits of rights: more, fewer, everything again", () => {
  const a: Grant = { prefix: "/a/", may: "read" };
  assertThrows(() => grantTo(id, a)(roster), ConfigError, "wanted one with rules");
  const some = grantTo(id, { ...a, may: "write" })(grantTo(id, a)(restrictClient(id)(roster)));
  assertEquals(accessIn(some), [{ ...a, may: "both" }]);
  assertEquals(accessIn(withdrawFrom(id, a)(some)), [{ ...a, may: "write" }]);
  assertEquals(accessIn(withdrawFrom(id, { ...a, may: "write" })(withdrawFrom(id, a)(some))), []);
  assertThrows(() => withdrawFrom(id, { key: "/a/", may: "read" })(some), ConfigError, "given no rule to read key");
  assertThrows(() => withdrawFrom(id, a)(roster), ConfigError, "it may do everything");
  assertEquals(unrestrictClient(id)(some), roster);
  assertThrows(() => restrictClient("nobody")(roster), ConfigError, "client nobody");
});

Deno.test("differences of rights in words", () => {
  const lines = (old: Grant[] | undefined, now: Grant[] | undefined) =>
    grantLines({ id, ...(old && { access: old }) }, { id, ...(now && { access: now }) });
  const a: Grant = { prefix: "/a/", may: "read" };
  assertEquals(lines(undefined, undefined), []);
  assertEquals(lines([a], [a]), []);
  assertEquals(lines([], [{ ...a, may: "write" }]), [`client ${id} may now write keys under "/a/"`]);
  assertEquals(lines([{ ...a, may: "both" }], [a]), [`client ${id} may now only read keys under "/a/"`]);
  assertEquals(lines([a], []), [`client ${id} may no longer read keys under "/a/"`, `client ${id} may do nothing now`]);
  assertEquals(lines([a], undefined), [`client ${id} may now do everything`]);
  assertEquals(lines(undefined, [a])[0], `client ${id} may no longer do everything`);
});
