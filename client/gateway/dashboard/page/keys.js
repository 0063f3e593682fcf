/** The browser and editor of keys. A write says which revision it replaces, so that nobody's write is lost unseen. */
import { byId, count, element, setText } from "./dom.js";
import * as api from "./kv_api.js";

const PAGE = 50;

/** Everything known of the key in the editor: its name, and the revision that a write replaces (0: none). */
let known = { key: "", revision: 0 };
let listed = { prefix: "", last: "" };
let theirs = null;

/** Wires the forms. */
export function startKeys(onToken) {
  byId("list-form").addEventListener("submit", submit(() => list(byId("prefix").value, ""), sayOfList));
  byId("more").addEventListener("click", () => guard(() => list(listed.prefix, listed.last), sayOfList));
  byId("read").addEventListener("click", () => guard(read));
  byId("editor").addEventListener("submit", submit(write));
  byId("delete").addEventListener("click", () => guard(remove));
  byId("key").addEventListener("input", () => know("", 0));
  byId("base64").addEventListener("change", convert);
  byId("take-theirs").addEventListener("click", takeTheirs);
  byId("keep-mine").addEventListener("click", () => guard(keepMine));
  byId("token-form").addEventListener("submit", (event) => {
    event.preventDefault();
    api.keepToken(byId("token").value);
    byId("token-form").hidden = true;
    onToken();
  });
}

/** Asks for an access token. */
export const askForToken = () => byId("token-form").hidden = false;

const say = (text) => setText(byId("editor-status"), text);
const sayOfList = (text) => setText(byId("list-status"), text);

const submit = (work, tell = say) => (event) => {
  event.preventDefault();
  void guard(work, tell);
};

async function guard(work, tell = say) {
  try {
    await work();
  } catch (error) {
    if (error.status === 401) askForToken();
    tell(error.message);
  }
}

async function list(prefix, after) {
  const { items, more } = await api.list(prefix, after, PAGE);
  const rows = items.map(({ key, revision }) => {
    const button = element(
      "button",
      { type: "button" },
      element("span", {}, key),
      element("span", { class: "quiet" }, `rev ${count(revision)}`),
    );
    button.addEventListener("click", () => {
      byId("key").value = key;
      void guard(read);
    });
    return element("li", {}, button);
  });
  if (after === "") byId("key-list").replaceChildren();
  byId("key-list").append(...rows);
  listed = { prefix, last: items.at(-1)?.key ?? after };
  byId("more").hidden = !more;
  const total = byId("key-list").children.length;
  sayOfList(`${count(total)} ${total === 1 ? "key" : "keys"}${more ? ", and there are more" : ""}.`);
}

async function read() {
  const key = requireKey();
  const found = await api.read(key);
  hideConflict();
  if (found === null) {
    know(key, 0);
    return say(`There is no key ${key}: Write creates it.`);
  }
  show(found.bytes);
  know(key, found.revision);
  say(`Read ${key}: ${count(found.bytes.length)} bytes.`);
}

async function write() {
  const key = requireKey();
  const bytes = editedBytes();
  const { revision } = key === known.key ? known : { revision: 0 };
  const written = await api.write(key, revision, bytes);
  if (written === null) return await conflict(key);
  hideConflict();
  know(key, written);
  say(`Wrote ${key} at revision ${count(written)}.`);
}

async function remove() {
  const key = requireKey();
  if (key !== known.key || known.revision === 0) {
    return say("Read the key first: what is deleted is the revision you saw.");
  }
  if (!await api.remove(key, known.revision)) return await conflict(key);
  hideConflict();
  know(key, 0);
  say(`Deleted ${key}.`);
}

/** Shows what is there instead of what was expected. */
async function conflict(key) {
  const found = await api.read(key);
  theirs = { key, found };
  say("");
  byId("conflict").hidden = false;
  const was = known.key === key && known.revision > 0
    ? `You saw revision ${count(known.revision)}`
    : "You expected no such key";
  const now = found === null
    ? "somebody has deleted it since"
    : `somebody else has written revision ${count(found.revision)}`;
  setText(byId("conflict-text"), `${was}, and ${now}. Nothing was changed.`);
  setText(
    byId("conflict-value"),
    found === null ? "(no value)" : api.textOf(found.bytes) ?? `base64: ${found.bytes.toBase64()}`,
  );
  byId("take-theirs").focus();
}

function takeTheirs() {
  const { key, found } = theirs;
  hideConflict();
  if (found === null) byId("value").value = "";
  else show(found.bytes);
  know(key, found?.revision ?? 0);
  say("Took what is there.");
  byId("value").focus();
}

async function keepMine() {
  const { key, found } = theirs;
  know(key, found?.revision ?? 0);
  await write();
}

const hideConflict = () => byId("conflict").hidden = true;

function requireKey() {
  const key = byId("key").value;
  if (key === "") {
    byId("key").focus();
    throw new Error("Give a key first.");
  }
  return key;
}

function know(key, revision) {
  known = { key, revision };
  const text = key === ""
    ? "Nothing read yet: Write creates the key, and is refused if it exists."
    : revision === 0
    ? "The key is not there: Write creates it, and is refused if somebody else did meanwhile."
    : `Revision ${count(revision)}: Write and Delete are refused if somebody else changes it first.`;
  setText(byId("known"), text);
}

function show(bytes) {
  const text = api.textOf(bytes);
  byId("base64").checked = text === null;
  byId("value").value = text ?? bytes.toBase64();
}

function editedBytes() {
  const { value } = byId("value");
  if (!byId("base64").checked) return new TextEncoder().encode(value);
  try {
    return Uint8Array.fromBase64(value.trim());
  } catch {
    throw new Error("The value is no base64; untick the box to write it as text.");
  }
}

/** Shows the same value the other way. */
function convert() {
  const field = byId("value");
  if (byId("base64").checked) field.value = new TextEncoder().encode(field.value).toBase64();
  else {
    try {
      const text = api.textOf(Uint8Array.fromBase64(field.value.trim()));
      if (text === null) throw new Error("no text");
      field.value = text;
    } catch {
      byId("base64").checked = true;
      say("These bytes are no text.");
    }
  }
}
