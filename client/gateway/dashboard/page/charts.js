/** Line charts in SVG, and the same figures as a table. */
import { byId, clock, element, figure, setAttribute, shape } from "./dom.js";

const HEIGHT = 180;
const MARGIN = { left: 46, right: 8, top: 10, bottom: 24 };
const MAX_POINTS = 180;
const ROWS = 12;
/** Spans shown, in seconds: the shortest that holds all points, or the last. */
const SPANS_S = [30, 60, 120];

const CHARTS = [
  {
    id: "throughput",
    title: "Throughput",
    unit: "a second",
    a: ["entries", "entriesPerS"],
    b: ["commands", "commandsPerS"],
  },
  {
    id: "latency",
    title: "Latency of requests through this gateway",
    unit: "ms",
    a: ["median", "p50Ms"],
    b: ["99th percentile", "p99Ms"],
  },
];

let points = [];

/** Takes points: all that are known, or a new one. */
export function addPoints(added, anew = false) {
  points = [...(anew ? [] : points), ...added].slice(-MAX_POINTS);
}

/** Draws both charts and the table. */
export function drawCharts() {
  for (const chart of CHARTS) draw(byId(chart.id), chart);
  const body = byId("figures-table").tBodies[0];
  body.replaceChildren(
    ...points.slice(-ROWS).toReversed().map((point) =>
      element(
        "tr",
        {},
        element("th", { scope: "row" }, clock(point.at)),
        ...[point.entriesPerS, point.commandsPerS, point.requests, point.p50Ms, point.p99Ms].map((value) =>
          element("td", {}, figure(value))
        ),
      )
    ),
  );
}

function draw(figureNode, chart) {
  const width = Math.max(260, Math.round(figureNode.clientWidth || 480));
  let svg = figureNode.querySelector("svg[role=img]");
  if (svg === null) {
    svg = shape("svg", { role: "img" });
    figureNode.replaceChildren(caption(chart), svg);
  }
  setAttribute(svg, "viewBox", `0 0 ${width} ${HEIGHT}`);
  setAttribute(svg, "aria-label", summary(chart));
  const end = points.at(-1)?.at ?? Date.now();
  const ageS = (end - (points[0]?.at ?? end)) / 1000;
  const spanS = SPANS_S.find((span) => span >= ageS) ?? SPANS_S.at(-1);
  const shown = points.filter(({ at }) => at >= end - spanS * 1000);
  const values = shown.flatMap((point) => [point[chart.a[1]], point[chart.b[1]]]).filter((value) => value !== null);
  const top = niceTop(Math.max(1, ...values));
  const x = (at) => MARGIN.left + (width - MARGIN.left - MARGIN.right) * (1 - (end - at) / (spanS * 1000));
  const y = (value) => HEIGHT - MARGIN.bottom - (HEIGHT - MARGIN.top - MARGIN.bottom) * value / top;
  svg.replaceChildren(
    ...[0, top / 2, top].flatMap((value) => [
      shape("line", { class: "axis", x1: MARGIN.left, x2: width - MARGIN.right, y1: y(value), y2: y(value) }),
      shape("text", { class: "tick", x: MARGIN.left - 6, y: y(value) + 4, "text-anchor": "end" }, short(value)),
    ]),
    ...[spanS, spanS / 2, 0].map((s) =>
      shape("text", {
        class: "tick",
        x: x(end - s * 1000),
        y: HEIGHT - 6,
        "text-anchor": s === 0 ? "end" : s === spanS ? "start" : "middle",
      }, s === 0 ? "now" : `${s} s ago`)
    ),
    shape("path", { class: "line-a", d: pathOf(shown, chart.a[1], x, y) }),
    shape("path", { class: "line-b", d: pathOf(shown, chart.b[1], x, y) }),
    ...(values.length > 0 ? [] : [
      shape("text", { class: "tick", x: width / 2, y: HEIGHT / 2, "text-anchor": "middle" }, "nothing measured yet"),
    ]),
  );
}

function caption({ title, unit, a, b }) {
  const key = (kind, name) =>
    element(
      "span",
      { class: "key" },
      shape("svg", { viewBox: "0 0 32 10", "aria-hidden": "true" }, shape("path", { class: kind, d: "M0 5H32" })),
      ` ${name}`,
    );
  return element("figcaption", {}, element("b", {}, `${title}, ${unit} `), key("line-a", a[0]), key("line-b", b[0]));
}

function summary({ title, unit, a, b }) {
  const latest = points.at(-1);
  if (latest === undefined) return `${title}: nothing measured yet`;
  return `${title}, ${unit}: ${a[0]} ${figure(latest[a[1]])}, ${b[0]} ${figure(latest[b[1]])} now. A table is below.`;
}

/** A line, broken where nothing was measured; a point alone is a short stroke. */
function pathOf(shown, member, x, y) {
  let path = "";
  let pen = false;
  for (const point of shown) {
    const value = point[member];
    if (value === null) {
      pen = false;
      continue;
    }
    path += pen
      ? `L${x(point.at).toFixed(1)} ${y(value).toFixed(1)}`
      : `M${x(point.at).toFixed(1)} ${y(value).toFixed(1)}h1`;
    pen = true;
  }
  return path;
}

function niceTop(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 4, 5, 10].map((step) => step * power).find((step) => step >= value);
}

const short = (value) => value >= 10_000 ? `${figure(value / 1000)}k` : String(Number(value.toPrecision(3)));
