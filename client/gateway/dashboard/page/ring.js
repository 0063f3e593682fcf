/** The replicas as a ring: the leader filled, lines to those that follow it. Shape and text tell what colour tells. */
import { setAttribute, shape } from "./dom.js";

const CENTRE = { x: 180, y: 180 };
const ORBIT = 115;
/** Height of a line of text. */
const LINE = 15;

const signature = ({ replicas }) =>
  JSON.stringify(replicas.map(({ replica, role, health, leads, term, leader, play }) => [
    replica,
    role,
    health,
    leads,
    term,
    leader,
    play?.network,
    play?.lies,
    play?.process,
  ]));

let drawn = "";

/** Draws the ring anew if anything in it has changed. */
export function drawRing(svg, snapshot) {
  const now = signature(snapshot);
  if (now === drawn) return;
  drawn = now;
  const { replicas } = snapshot;
  const radius = replicas.length > 7 ? 20 : 28;
  const places = new Map(replicas.map(({ replica }, i) => [replica, placeOf(i, replicas.length)]));
  const leader = replicas.find(({ leads }) => leads);
  setAttribute(svg, "aria-label", summary(snapshot));
  svg.replaceChildren(
    shape("circle", { class: "orbit", cx: CENTRE.x, cy: CENTRE.y, r: ORBIT }),
    ...(leader === undefined
      ? []
      : replicas.filter((each) => each !== leader).map((each) => edge(each, leader, places))),
    ...replicas.map((each) => node(each, places.get(each.replica), radius)),
  );
}

function placeOf(i, total) {
  const angle = 2 * Math.PI * i / total - Math.PI / 2;
  return { x: CENTRE.x + ORBIT * Math.cos(angle), y: CENTRE.y + ORBIT * Math.sin(angle) };
}

function edge({ replica, health, leader: followed, play }, leader, places) {
  const [from, to] = [places.get(leader.replica), places.get(replica)];
  const follows = health === "ok" && followed === leader.replica && play?.network !== "cut";
  return shape("line", { class: follows ? "edge" : "edge weak", x1: from.x, y1: from.y, x2: to.x, y2: to.y });
}

function node({ replica, role, health, leads, term, play }, { x, y }, r) {
  const classes = ["node", health, leads ? "leads" : "", play?.lies ? "lies" : ""].join(" ");
  const on = leads ? " on" : "";
  const outline = health === "ok"
    ? shape("circle", { class: classes, cx: x, cy: y, r })
    : shape("rect", { class: classes, x: x - r, y: y - r, width: 2 * r, height: 2 * r, rx: 6 });
  const word = health === "silent" ? play?.process === "paused" ? "paused" : "silent" : role ?? "unknown";
  const lines = [play?.lies ? `${word}, lies` : word, ...(term === null ? [] : [`term ${term}`])];
  const first = y < CENTRE.y - 90 ? y - r - 7 - LINE * (lines.length - 1) : y + r + LINE + 1;
  return shape(
    "g",
    {},
    outline,
    ...(health === "silent" ? [cross(x, y, r)] : []),
    shape("text", { class: `id${on}`, x, y: y + 5 }, replica),
    ...lines.map((line, i) => shape("text", { class: "small", x, y: first + LINE * i }, line)),
  );
}

const cross = (x, y, r) =>
  shape("path", { class: "mark", d: `M${x - r} ${y - r}l9 9m0 -9l-9 9M${x + r - 9} ${y - r}l9 9m0 -9l-9 9` });

function summary({ replicas, leader, term }) {
  const each = replicas.map(({ replica, role, health, reason }) =>
    `${replica}: ${role ?? "unknown role"}, ${health}, ${reason}`
  );
  const led = leader === null ? "No leader is known" : `${leader} leads in term ${term}`;
  return `${led}. ${each.join(". ")}.`;
}
