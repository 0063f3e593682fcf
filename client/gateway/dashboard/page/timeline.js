/** Events, newest first, in sentences. */
import { clock, element } from "./dom.js";

const MAX_EVENTS = 200;
const NAMES = {
  election: "Election",
  intervention: "Intervention",
  evidence: "Evidence",
  reconfiguration: "Reconfiguration",
  replica: "Replica",
  play: "Play",
};

let newest = 0;

/** Adds events; `anew` if they are all that are known. */
export function addEvents(list, empty, filter, added, anew = false) {
  if (anew) {
    newest = 0;
    list.replaceChildren();
  }
  for (const { id, at, kind, text } of added.filter((event) => event.id > newest)) {
    newest = id;
    const item = element(
      "li",
      { "data-kind": kind, hidden: filter !== "" && filter !== kind },
      element("time", { datetime: new Date(at).toISOString() }, clock(at)),
      element("span", { class: "kind", "data-kind": kind }, NAMES[kind] ?? kind),
      element("span", { class: "text" }, text),
    );
    list.prepend(item);
  }
  while (list.children.length > MAX_EVENTS) list.lastElementChild.remove();
  empty.hidden = list.children.length > 0;
}

/** Shows the events of one kind, or all for "". */
export function filterEvents(list, filter) {
  for (const item of list.children) item.hidden = filter !== "" && item.dataset.kind !== filter;
}
