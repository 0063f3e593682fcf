import { assertEquals, assertMatch } from "@std/assert";
import { type Heard, judgeHeard, type WriteDone } from "./judge_heard.ts";

const heard = (...of: [number, string, string | null][]): Heard[] =>
  of.map(([revision, key, value]) => ({ revision, key, value }));
const ALL = heard([1, "a", "op1"], [2, "a", null], [3, "b", "op3"]);
const WRITES: WriteDone[] = [
  { key: "b", value: "op3", revision: null },
  { key: "a", value: null, revision: 2 },
  { key: "a", value: "op1", revision: 1 },
  { key: "a", value: "op9", revision: null },
];

Deno.test("listeners that heard all that was acknowledged, and what may have happened besides, are right", () => {
  assertEquals(judgeHeard([ALL, ALL], WRITES), null);
  assertEquals(judgeHeard([ALL.slice(0, 2)], WRITES), null);
  assertEquals(judgeHeard([[], []], []), null);
});

const WRONG: readonly [what: string, heard: Heard[][], said: RegExp][] = [
  ["a gap", [[ALL[0]!, ALL[2]!]], /\["a",null\] at revision 2 was acknowledged, and heard was nothing/],
  ["a repeat", [[ALL[0]!, ALL[0]!, ...ALL.slice(1)]], /listener 0 heard \["a","op1"\] at revision 1 behind/],
  ["another order", [ALL, [ALL[1]!, ALL[0]!, ALL[2]!]], /listener 1 heard \["a","op1"\] at revision 1 behind/],
  ["another value", [heard([1, "a", "op2"], [2, "a", null])], /\["a","op1"\] at revision 1 was acknowledged/],
  ["one more", [[...ALL, ...heard([4, "c", "op4"])]], /nobody wrote \["c","op4"\]/],
  ["a write of unknown outcome twice", [[...ALL, ...heard([4, "b", "op3"])]], /nobody wrote \["b","op3"\]/],
  ["less than others", [ALL, ALL.slice(0, 2)], /listener 1 heard nothing where listener 0 heard \["b","op3"\]/],
];

for (const [what, of, said] of WRONG) {
  Deno.test(`listeners that heard ${what} are wrong`, () => assertMatch(judgeHeard(of, WRITES) ?? "", said));
}
