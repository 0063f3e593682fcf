import { assertEquals, assertMatch } from "@std/assert";
import { digest, term } from "../../protocol/ids.ts";
import { Lab } from "../../tests/clauses/support/lab.ts";
import { recoveryStatus } from "./recovery_status.ts";

/** Returns the report of a learner with this bar, in this term. */
function statusOf(bar: number | null, currentTerm: number) {
  const { state } = new Lab();
  const recovery = { nonce: digest("ab".repeat(32)), bar: bar === null ? null : term(bar) };
  state.hard = { ...state.hard, recovery, currentTerm: term(currentTerm) };
  return recoveryStatus(state).recovery!;
}

Deno.test("a full member waits for nothing", () => assertEquals(recoveryStatus(new Lab().state).recovery, null));

Deno.test("§8.4 a learner says whether it waits for answers, for a higher term or for a commit there", () => {
  assertMatch(statusOf(null, 2).waitsFor, /^3 more replicas to answer its roll call/);
  const { bar, term, waitsFor } = statusOf(7, 5);
  assertEquals([bar, term], [7, 5]);
  assertMatch(
    waitsFor,
    /^a leader in a term above 7, and a commit there\. The cluster is in term 5: each change of leader/,
  );
  assertMatch(statusOf(7, 8).waitsFor, /^what is committed in term 8 to be applied here/);
});
