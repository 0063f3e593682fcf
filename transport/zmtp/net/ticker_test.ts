import { assert } from "@std/assert";
import { eventually } from "../../../tasks/support/eventually.ts";
import { Ticker } from "./ticker.ts";

Deno.test("while this process stands still, so does the clock", async () => {
  const ticker = new Ticker(20);
  try {
    const ticks: number[] = [];
    ticker.add({ tick: (now) => void ticks.push(now) });
    await eventually("a tick", () => ticks.length > 0);
    const [before, real] = [ticker.now(), performance.now()];
    while (performance.now() - real < 500);
    const passed = ticker.now() - before;
    assert(passed <= 60, `${passed} ms have passed on the clock`);
    await eventually("another tick", () => ticks.length > 2);
    assert(ticks.every((now, place) => place === 0 || now >= ticks[place - 1]!), "the clock went back");
    assert(ticks.at(-1)! > before, "the clock stands still for good");
  } finally {
    ticker.close();
  }
});
