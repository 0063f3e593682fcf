import { assert, assertEquals } from "@std/assert";
import { eventually } from "../../../tasks/support/eventually.ts";
import { ComputeBudget } from "./compute_budget.ts";
import { Ticker } from "./ticker.ts";

function lab(perSecond: number, burst: number) {
  const ticker = new Ticker(1000);
  const budget = new ComputeBudget(perSecond, burst, ticker);
  const close = () => {
    budget.close();
    ticker.close();
  };
  const order: string[] = [];
  const wait = (name: string, address: string) => {
    const waiting = { address, granted: () => void order.push(name) };
    budget.wait(waiting);
    return waiting;
  };
  return { budget, order, wait, [Symbol.dispose]: close };
}

Deno.test("a burst is granted at once, then nobody until time has passed", () => {
  using some = lab(1, 6);
  assertEquals([1, 2, 3, 4].map(() => some.budget.take()), [true, true, true, false]);
});

Deno.test("who finishes makes room for half another", () => {
  using some = lab(0.001, 4);
  const taken = () => [1, 2].filter(() => some.budget.take()).length;
  assertEquals(taken(), 2);
  some.budget.finished();
  assertEquals(taken(), 0);
  some.budget.finished();
  assertEquals(taken(), 1);
});

Deno.test("who waits has its turn by address, and nobody passes those who wait", async () => {
  using some = lab(200, 2);
  assert(some.budget.take());
  for (const name of ["a1", "a2", "a3"]) some.wait(name, "a");
  const gone = some.wait("c1", "c");
  some.wait("b1", "b");
  some.budget.forget(gone);
  assertEquals(some.budget.take(), false);
  await eventually("all turns", () => some.order.length === 4);
  assertEquals(some.order, ["a1", "b1", "a2", "a3"]);
});
