/** Draws curves as an SVG: panels one below the other, over one axis of time or of steps, numbered events across all of them. */
import type { Axis } from "./axis.ts";
import { linearScale, logScale } from "./scale.ts";

export interface Series {
  readonly name: string;
  readonly colour: string;
  /** Pairs of a value of the axis, such as seconds, and one of the panel; null leaves a gap in the curve. */
  readonly points: readonly (readonly [number, number | null])[];
}

export interface Panel {
  readonly title: string;
  /** Unit of the values, written along the axis. */
  readonly unit: string;
  readonly series: readonly Series[];
  /** Set for a logarithmic scale; its values are above 0. */
  readonly log?: true;
}

export interface ChartEvent {
  readonly seconds: number;
  readonly text: string;
}

export interface Chart {
  readonly title: string;
  readonly subtitle: string;
  readonly axis: Axis;
  readonly panels: readonly Panel[];
  readonly events: readonly ChartEvent[];
}

/** Colours that people with colour blindness can tell apart too. */
export const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8a6d00", "#56b4e9", "#666666"] as const;

const WIDTH = 900;
const LEFT = 78;
const RIGHT = 20;
const HEAD = 78;
const PANEL = 170;
const PANEL_GAP = 52;
const EVENT_LINE = 19;
const PLOT = WIDTH - LEFT - RIGHT;

const escape = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
const at = (value: number): string => value.toFixed(1);

/** Returns the chart as the text of an SVG file. */
export function drawChart(chart: Chart): string {
  const bottom = HEAD + chart.panels.length * (PANEL + PANEL_GAP);
  const height = bottom + 8 + chart.events.length * EVENT_LINE + 12;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" ` +
    `font-family="system-ui, 'DejaVu Sans', sans-serif" font-size="13" fill="#222">`,
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    `<text x="${LEFT}" y="28" font-size="18" font-weight="600">${escape(chart.title)}</text>`,
    `<text x="${LEFT}" y="48" fill="#555">${escape(chart.subtitle)}</text>`,
    ...chart.panels.flatMap((panel, i) => drawPanel(panel, HEAD + 22 + i * (PANEL + PANEL_GAP), chart)),
    ...eventList(chart.events, bottom + 20),
    "</svg>",
    "",
  ].join("\n");
}

function drawPanel({ title, unit, series, log }: Panel, top: number, { axis, events }: Chart): string[] {
  const values = series.flatMap(({ points }) => points.map(([, value]) => value ?? 0));
  const { ticks, place } = log ? logScale(values) : linearScale(values);
  const y = (value: number) => top + PANEL - PANEL * place(value);
  const x = (value: number) => LEFT + PLOT * axis.place(value);
  const middle = top + PANEL / 2;
  return [
    `<text x="${LEFT}" y="${top - 9}" font-weight="600">${escape(title)}</text>`,
    ...legend(series, top - 9),
    ...ticks.flatMap(({ value, text }) => [
      `<path d="M${LEFT} ${at(y(value))}H${WIDTH - RIGHT}" stroke="#e3e3e3"/>`,
      `<text x="${LEFT - 7}" y="${at(y(value) + 4.5)}" text-anchor="end">${text}</text>`,
    ]),
    `<text transform="translate(18 ${middle}) rotate(-90)" text-anchor="middle" fill="#555">${escape(unit)}</text>`,
    ...axisTicks(axis, x, top + PANEL),
    ...events.map(({ seconds }, i) => eventMark(x(seconds), top, i)),
    ...series.map(({ colour, points }) => curve(points, colour, x, y)),
  ];
}

function axisTicks({ ticks, unit }: Axis, x: (value: number) => number, bottom: number): string[] {
  return [
    `<path d="M${LEFT} ${bottom}H${WIDTH - RIGHT}" stroke="#888"/>`,
    `<text x="${LEFT - 14}" y="${bottom + 18}" text-anchor="end" fill="#555">${escape(unit)}</text>`,
    ...ticks.map(({ value, text }) => {
      const place = at(x(value));
      return `<path d="M${place} ${bottom}v5" stroke="#888"/>` +
        `<text x="${place}" y="${bottom + 18}" text-anchor="middle">${text}</text>`;
    }),
  ];
}

/** Draws the legend right of the title, from the right edge inwards. */
function legend(series: readonly Series[], y: number): string[] {
  const drawn: string[] = [];
  let x = WIDTH - RIGHT;
  for (const { name, colour } of [...series].reverse()) {
    x -= 7.6 * name.length + 34;
    drawn.push(
      `<path d="M${at(x)} ${y - 4}h20" stroke="${colour}" stroke-width="3"/>` +
        `<text x="${at(x + 25)}" y="${y}">${escape(name)}</text>`,
    );
  }
  return drawn;
}

const eventMark = (x: number, top: number, number: number): string => {
  // Events close to each other have their numbers at different heights.
  const y = top + 10 + 13 * (number % 6);
  return `<path d="M${at(x)} ${top}v${PANEL}" stroke="#999" stroke-dasharray="3 3"/>` +
    `<text x="${at(x + 3)}" y="${y}" font-size="11" fill="#555">${number + 1}</text>`;
};

/** Points beyond this number are a curve; fewer are marked one by one. */
const MOST_MARKS = 20;

function curve(
  points: Series["points"],
  colour: string,
  x: (value: number) => number,
  y: (value: number) => number,
): string {
  let [path, marks] = ["", ""];
  let open = false;
  for (const [along, value] of points) {
    if (value !== null) {
      const place = `${at(x(along))} ${at(y(value))}`;
      path += `${open ? "L" : "M"}${place}`;
      marks += `M${place}h0`;
    }
    open = value !== null;
  }
  const drawn = `<path d="${path}" fill="none" stroke="${colour}" stroke-width="1.6" stroke-linejoin="round"/>`;
  if (points.length > MOST_MARKS) return drawn;
  return `${drawn}<path d="${marks}" stroke="${colour}" stroke-width="6" stroke-linecap="round"/>`;
}

const eventList = (events: readonly ChartEvent[], top: number): string[] =>
  events.map(({ seconds, text }, i) =>
    `<text x="${LEFT}" y="${top + i * EVENT_LINE}">${i + 1}. ${clock(seconds)}  ${escape(text)}</text>`
  );

const clock = (seconds: number): string => `${Math.floor(seconds / 60)}:${(seconds % 60).toFixed(1).padStart(4, "0")}`;
