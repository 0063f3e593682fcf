/** The log as a chain of hashes: committed entries as f + 1 replicas give them, and before them what is on its way through the two phases. */
import { count, element, setAttribute, setText } from "./dom.js";

const MAX_BLOCKS = 24;
const MAX_PENDING = 4;
const HASH_CHARS = 10;

let entries = [];
const blocks = new Map();

/** Takes entries: all that are known, or those that are new. */
export function addEntries(added, anew = false) {
  if (anew) {
    entries = [];
    blocks.clear();
  }
  const known = entries.at(-1)?.index ?? 0;
  entries = [...entries, ...added.filter(({ index }) => index > known)].slice(-MAX_BLOCKS);
}

/** Shows the chain; `heads` says how far the log is. */
export function showChain(list, line, heads) {
  const { last, prepared, committed } = heads;
  setText(line, `Last ${count(last)}, prepared ${count(prepared)}, committed ${count(committed)}.`);
  const shown = entries.at(-1)?.index ?? committed ?? 0;
  const pending = last === null ? [] : pendingAbove(Math.max(shown, committed ?? 0), last, prepared ?? 0);
  const wanted = [...pending.toReversed(), ...withGaps(entries).toReversed()];
  const keep = new Set(wanted.map(({ key }) => key));
  for (const [key, block] of blocks) {
    if (keep.has(key)) continue;
    block.remove();
    blocks.delete(key);
  }
  wanted.forEach((item, position) => {
    const block = blocks.get(item.key) ?? make(item);
    blocks.set(item.key, block);
    if (list.children[position] !== block) list.insertBefore(block, list.children[position] ?? null);
  });
  for (const child of [...list.children].slice(wanted.length)) child.remove();
}

function pendingAbove(committed, last, prepared) {
  const most = Math.min(last, committed + MAX_PENDING);
  return Array.from({ length: Math.max(0, most - committed) }, (_, i) => {
    const index = committed + 1 + i;
    const phase = index <= prepared ? "prepared" : "appended";
    return { key: `${index} ${phase}`, index, phase };
  });
}

/** Entries with what was passed over between them. */
function withGaps(all) {
  return all.flatMap((entry, i) => {
    const before = all[i - 1];
    const item = { key: `${entry.index}`, ...entry, phase: "committed", before };
    if (before === undefined || before.index === entry.index - 1) return [item];
    return [{ key: `gap ${entry.index}`, skipped: entry.index - before.index - 1 }, { ...item, before: undefined }];
  });
}

function make(item) {
  if (item.skipped !== undefined) return element("li", { class: "gap" }, `${count(item.skipped)} more`);
  const { index, phase, term, hash, before, lines = [], commands } = item;
  const block = element(
    "li",
    { class: "block new", "data-index": index, "data-phase": phase },
    element(
      "div",
      { class: "block-head" },
      element("span", {}, `#${count(index)}`),
      element("span", { class: "phase" }, phase),
    ),
  );
  if (hash === undefined) return block;
  setAttribute(block, "data-hash", hash);
  const previous = before === undefined ? "" : before.hash.slice(0, HASH_CHARS);
  block.append(
    element("div", {}, "hash ", element("span", { class: "hash" }, hash.slice(0, HASH_CHARS))),
    element("div", { class: "quiet" }, previous === "" ? "" : "after ", element("span", { class: "hash" }, previous)),
    element("div", { class: "quiet" }, `term ${term}, ${commands === 1 ? "1 command" : `${count(commands)} commands`}`),
    element("ul", {}, ...lines.map((text) => element("li", { title: text }, text))),
  );
  return block;
}
