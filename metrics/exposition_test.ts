import { assertEquals, assertThrows } from "@std/assert";
import { createExposition, REUSED_MS } from "./exposition.ts";
import { byCode, COUNTS, Histogram, type Metric } from "./mod.ts";

interface Source {
  readonly counts: Record<string, number>;
  readonly waits: Histogram;
}

const METRICS: readonly Metric<Source>[] = [
  {
    ...{ type: "counter", name: "a_total", help: "Things.\nMany", labels: ["code"] },
    read: ({ counts }) => byCode("code", counts),
  },
  { type: "gauge", name: "b", help: "Nothing now.", read: () => null },
  { type: "gauge", name: "c", help: "One.", read: () => 1.5 },
  { type: "histogram", name: "d_seconds", help: "Waits.", read: ({ waits }) => waits },
];

Deno.test("a scrape has the values of its moment, and what others wrote breaks no line", async () => {
  const source = { counts: { ['x"\n\\']: 2 } as Record<string, number>, waits: new Histogram([1, 2]) };
  let now = 0;
  const exposition = createExposition(METRICS, () => source, () => now);
  const first = await exposition.text();
  source.counts["y"] = 7;
  for (const value of [0.5, 1, 1.5, 9]) source.waits.observe(value);
  now = REUSED_MS - 1;
  assertEquals(await exposition.text(), first);
  now = REUSED_MS;
  assertEquals((await exposition.text()).split("\n").filter((line) => line !== ""), [
    "# HELP a_total Things.\\nMany",
    "# TYPE a_total counter",
    'a_total{code="x\\"\\n\\\\"} 2',
    'a_total{code="y"} 7',
    "# HELP b Nothing now.",
    "# TYPE b gauge",
    "# HELP c One.",
    "# TYPE c gauge",
    "c 1.5",
    "# HELP d_seconds Waits.",
    "# TYPE d_seconds histogram",
    'd_seconds_bucket{le="1"} 2',
    'd_seconds_bucket{le="2"} 3',
    'd_seconds_bucket{le="+Inf"} 4',
    "d_seconds_sum 12",
    "d_seconds_count 4",
  ]);
});

Deno.test("two metrics of one name are refused", () => {
  const [first] = METRICS;
  assertThrows(() => createExposition([first!, first!], () => ({ counts: {}, waits: new Histogram(COUNTS) }), () => 0));
});
