/** A card for each replica. It is made once and its texts are changed, so that focus and reading place stay. */
import { count, element, setAttribute, setText } from "./dom.js";
import { playControls } from "./play.js";

const HEALTH = { ok: "● healthy", trouble: "▲ in trouble", silent: "✕ no answer" };
const FACTS = [
  ["Term", ({ term }) => count(term)],
  ["Last", ({ lastIndex }) => count(lastIndex)],
  ["Prepared", ({ preparedIndex }) => count(preparedIndex)],
  ["Committed", ({ commitIndex }) => count(commitIndex)],
];

const cards = new Map();

/** Shows the replicas of a snapshot. */
export function showCards(list, { replicas }, lies) {
  for (const [id, card] of cards) {
    if (replicas.some(({ replica }) => replica === id)) continue;
    card.root.remove();
    cards.delete(id);
  }
  for (const replica of replicas) {
    const card = cards.get(replica.replica) ?? makeCard(list, replica, lies);
    update(card, replica);
  }
}

function makeCard(list, { replica: id, play }, lies) {
  const role = element("span", { class: "badge" });
  const health = element("p", { class: "health" });
  const reason = element("p", { class: "reason" });
  const done = element("p", { class: "done", hidden: true });
  const facts = FACTS.map(([name]) => [element("dt", {}, name), element("dd")]);
  const controls = play === null ? null : playControls(id, lies ?? {});
  const root = element(
    "li",
    { class: "card", "data-replica": id },
    element("div", { class: "card-head" }, element("h3", {}, id), role),
    health,
    reason,
    done,
    element("dl", { class: "facts" }, ...facts.map(([name]) => name), ...facts.map(([, value]) => value)),
    ...(controls === null ? [] : [controls.root]),
  );
  const card = { root, role, health, reason, done, facts, controls };
  cards.set(id, card);
  list.append(root);
  return card;
}

function update({ root, role, health, reason, done, facts, controls }, replica) {
  setAttribute(root, "data-health", replica.health);
  setAttribute(root, "data-lies", replica.play?.lies ?? null);
  setText(role, replica.leads ? "leader" : replica.role ?? "role unknown");
  role.classList.toggle("leads", replica.leads);
  setAttribute(health, "data-health", replica.health);
  setText(health, HEALTH[replica.health]);
  setText(reason, `${replica.reason[0].toUpperCase()}${replica.reason.slice(1)}.`);
  const words = replica.play?.words ?? null;
  done.hidden = words === null;
  setText(done, words === null ? "" : `Play: ${words}.`);
  facts.forEach(([, value], i) => setText(value, FACTS[i][1](replica)));
  controls?.update(replica.play);
}
