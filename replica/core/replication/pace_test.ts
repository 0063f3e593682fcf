import { assert } from "@std/assert";
import { type ReplicaId, replicaId } from "../../../protocol/ids.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import { type Budget, hasBudget, spend } from "./pace.ts";

const r1 = replicaId("r1");
const { repairBurstBytes, repairBytesPerMs, repairAnswerBytes } = LIMITS;

Deno.test("a budget gives its burst, is refilled with time, and never holds more than the burst", () => {
  const budgets = new Map<ReplicaId, Budget>();
  assert(hasBudget(budgets, r1, 0));
  spend(budgets, r1, repairBurstBytes);
  assert(!hasBudget(budgets, r1, 0), "the burst is spent");
  assert(!hasBudget(budgets, r1, repairAnswerBytes / repairBytesPerMs / 2));
  assert(hasBudget(budgets, r1, 1 + repairAnswerBytes / repairBytesPerMs));
  assert(hasBudget(budgets, r1, 1e9));
  spend(budgets, r1, repairBurstBytes);
  assert(!hasBudget(budgets, r1, 1e9), "idle time adds up to one burst only");
});

Deno.test("small answers cost something too, and one replica's budget is not another's", () => {
  const budgets = new Map<ReplicaId, Budget>();
  let answers = 0;
  while (hasBudget(budgets, r1, 0)) {
    spend(budgets, r1, 0);
    answers++;
  }
  assert(answers === Math.ceil(repairBurstBytes / repairAnswerBytes), `${answers} empty answers`);
  assert(hasBudget(budgets, replicaId("r2"), 0));
});
