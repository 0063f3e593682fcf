/** The gateway's calls for keys. Each returns what there is, or throws an error with what the gateway said. */
import { problemOf } from "./stream.js";

const TOKEN = "bft-raft-token";
const UTF8 = new TextDecoder("utf-8", { fatal: true });

/** Thrown on an answer that is none of those wanted. */
export class ApiError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** Keeps the access token for as long as this tab is open. */
export const keepToken = (token) => sessionStorage.setItem(TOKEN, token);

/** Returns the headers that every request takes. */
export function credentials() {
  const token = sessionStorage.getItem(TOKEN);
  return token === null ? {} : { authorization: `Bearer ${token}` };
}

/** Lists keys with `prefix` after the key `after`. */
export async function list(prefix, after, limit) {
  const query = new URLSearchParams({ prefix, limit: String(limit), ...(after === "" ? {} : { after }) });
  return await (await call("GET", `/v1/kv?${query}`)).json();
}

/** Returns a key's revision and bytes; null if there is no such key. */
export async function read(key) {
  const response = await call("GET", pathOf(key), {}, null, [404]);
  if (response.status === 404) return null;
  return { revision: revisionOf(response), bytes: new Uint8Array(await response.arrayBuffer()) };
}

/** Writes a key whose revision is `revision`, 0 for one that is not there. Returns the new revision, or null on a conflict. */
export async function write(key, revision, bytes) {
  const condition = revision === 0 ? { "if-none-match": "*" } : { "if-match": `"${revision}"` };
  const response = await call("PUT", pathOf(key), condition, bytes, [412]);
  return response.status === 412 ? null : revisionOf(response);
}

/** Deletes a key whose revision is `revision`. Returns false on a conflict. */
export async function remove(key, revision) {
  const response = await call("DELETE", pathOf(key), { "if-match": `"${revision}"` }, null, [412]);
  return response.status !== 412;
}

/** Returns the text of bytes, or null if they are none. */
export function textOf(bytes) {
  try {
    return UTF8.decode(bytes);
  } catch {
    return null;
  }
}

const pathOf = (key) => `/v1/kv/${encodeURIComponent(key)}`;

function revisionOf(response) {
  const [, digits] = /"(\d+)"/.exec(response.headers.get("etag") ?? "") ?? [];
  return Number(digits ?? 0);
}

async function call(method, path, headers = {}, body = null, wanted = []) {
  const response = await fetch(path, { method, headers: { ...credentials(), ...headers }, body, cache: "no-store" });
  if (response.ok || wanted.includes(response.status)) return response;
  throw new ApiError(response.status, await problemOf(response));
}
