/** Small helpers around the document. Text is only ever set as text. */

const SVG = "http://www.w3.org/2000/svg";

/** Returns the element with this id. */
export const byId = (id) => document.getElementById(id);

/** Makes an HTML element with attributes and children; a child may be a string. */
export const element = (name, attributes = {}, ...children) => fill(document.createElement(name), attributes, children);

/** Makes an SVG element. */
export const shape = (name, attributes = {}, ...children) =>
  fill(document.createElementNS(SVG, name), attributes, children);

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) setAttribute(node, name, value);
  node.append(...children);
  return node;
}

/** Sets an attribute, or takes it away where the value is null or false; writes nothing that is there already. */
export function setAttribute(node, name, value) {
  if (value === null || value === false || value === undefined) return node.removeAttribute(name);
  const text = value === true ? "" : String(value);
  if (node.getAttribute(name) !== text) node.setAttribute(name, text);
}

/** Sets the text of an element, if it is another one: a screen reader hears of each change. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Returns a whole number with thousands set apart, or a dash. */
export const count = (value) => value === null || value === undefined ? "–" : value.toLocaleString("en-US");

/** Returns a figure with as many digits as say something, or a dash. */
export function figure(value) {
  if (value === null || value === undefined) return "–";
  return value >= 100 || value === 0 ? count(Math.round(value)) : value.toPrecision(2).replace(/^(\d+)\.0$/, "$1");
}

/** Returns the time of day. */
export const clock = (ms) => new Date(ms).toLocaleTimeString("en-GB");
