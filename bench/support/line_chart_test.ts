import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { stepAxis, timeAxis } from "./axis.ts";
import { drawChart } from "./line_chart.ts";
import { niceTicks } from "./ticks.ts";

Deno.test("ticks are round, start at 0 and reach the highest value", () => {
  const texts = (highest: number, count: number) => {
    const { values, text } = niceTicks(highest, count);
    return values.map(text).join(" ");
  };
  assertEquals(texts(187, 5), "0 50 100 150 200");
  assertEquals(texts(0.7, 5), "0.0 0.2 0.4 0.6 0.8");
  assertEquals(texts(2000, 5), "0 500 1 000 1 500 2 000");
  assertEquals(texts(0, 5), "0.0 0.2 0.4 0.6 0.8 1.0");
});

Deno.test("a chart names its axes, series and events, breaks curves at gaps, and escapes text", () => {
  const svg = drawChart({
    title: "a < b",
    subtitle: "how",
    axis: timeAxis(120),
    panels: [{
      title: "Memory",
      unit: "MiB",
      series: [{ name: "r1", colour: "#000", points: [[0, 1], [30, 2], [60, null], [90, 2], [120, 1]] }],
    }],
    events: [{ seconds: 60.04, text: "r1 killed" }],
  });
  for (const text of ["a &lt; b", ">Memory<", ">MiB<", ">seconds<", ">r1<", "1. 1:00.0  r1 killed"]) {
    assert(svg.includes(text), `${text} is not in\n${svg}`);
  }
  assert(/d="M[\d. ]+L[\d. ]+M[\d. ]+L[\d. ]+"/.test(svg), `no curve with a gap in\n${svg}`);
});

Deno.test("a chart over steps has them at equal distances, and marks its few points", () => {
  const svg = drawChart({
    ...{ title: "t", subtitle: "s", events: [] },
    axis: stepAxis([1, 64, 1000], "clients"),
    panels: [{
      title: "Throughput",
      unit: "writes/s",
      series: [{ name: "a", colour: "#000", points: [[1, 5], [64, 9]] }],
    }],
  });
  const places = [...svg.matchAll(/<text x="([\d.]+)"[^>]*text-anchor="middle">(\d+)</g)].map(([, x, text]) =>
    [text, Number(x)] as const
  );
  assertEquals(places.map(([text]) => text), ["1", "64", "1000"]);
  const [first, second, third] = places.map(([, x]) => x);
  assertAlmostEquals(second! - first!, third! - second!, 0.11);
  assertEquals(svg.match(/h0/g)?.length, 2);
});
