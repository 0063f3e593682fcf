/** Keys and transactions over HTTP. */
import type { Access } from "../../protocol/ports.ts";
import { KV_LIMITS } from "../../state_machine/mod.ts";
import { type Json, printable } from "../calls/json_payload.ts";
import type { PutOptions } from "../calls/kv.ts";
import type { WriteOutcome } from "../calls/kv_outcomes.ts";
import { type Operation, transactionCommand } from "../calls/transaction.ts";
import { transactionFromJson, transactionJson } from "../calls/transaction_json.ts";
import { valueJson } from "../calls/value_json.ts";
import type { Client } from "../client_types.ts";
import { Problem } from "./problems.ts";
import { bodyOf, deadlineOf, json, jsonOf, keyOf, numberOf, revisionIn } from "./requests.ts";
import { requireLeases, requireRight } from "./rights.ts";

const quoted = (key: string): string => JSON.stringify(printable(key, 200));
const etag = (revision: number): string => `"${revision}"`;

const precondition = (key: string, revision: number, wanted: number | "*"): Problem =>
  new Problem(
    "precondition-failed",
    `${quoted(key)} is at revision ${revision}${revision === 0 ? ", absent" : ""}; wanted ${
      wanted === "*" ? "it to be there" : wanted === 0 ? "it to be absent" : wanted
    }`,
    { revision },
  );

/** `GET` and `HEAD /v1/kv/{key}`: the value as it is, its revision as the entity tag. */
export async function getKey(client: Client, request: Request, access: Access): Promise<Response> {
  const key = keyOf(request);
  requireRight(access, { op: "get", key });
  const known = revisionIn(request, "if-none-match");
  const read = await client.get(key, deadlineOf(request));
  const at = { "store-revision": `${read.storeRevision}`, "cache-control": "no-store" };
  if (!read.found) {
    throw new Problem("key-not-found", `${quoted(key)} is absent`, { storeRevision: read.storeRevision });
  }
  const headers = { ...at, etag: etag(read.revision), "create-revision": `${read.createRevision}` };
  if (known === read.revision || known === "*") return new Response(null, { status: 304, headers });
  return new Response(request.method === "HEAD" ? null : new Uint8Array(read.value), {
    headers: { ...headers, "content-type": "application/octet-stream", "content-length": `${read.value.length}` },
  });
}

/** `PUT /v1/kv/{key}?lease=`: sets it; with `If-Match` only at that revision, with `If-None-Match: *` only if it is absent. */
export async function putKey(client: Client, request: Request, access: Access): Promise<Response> {
  const key = keyOf(request);
  const [match, noneMatch] = [revisionIn(request, "if-match"), revisionIn(request, "if-none-match")];
  if (match === "*" || typeof noneMatch === "number" || (match !== undefined && noneMatch !== undefined)) {
    throw new Problem("bad-request", "wanted If-Match with a revision, or If-None-Match: *, and not both");
  }
  const wanted = noneMatch === "*" ? 0 : match;
  const lease = numberOf(request, "lease", 1, Number.MAX_SAFE_INTEGER);
  requireWrite(access, key, wanted);
  if (lease !== undefined) requireLeases(access);
  const value = await bodyOf(request, KV_LIMITS.maxValueBytes);
  const options = { ...deadlineOf(request), ...(lease === undefined ? {} : { lease }) };
  if (wanted === undefined) {
    const { revision, index } = await client.put(key, value, options);
    return json({ revision, index }, 200, { etag: etag(revision) });
  }
  const { done, revision, index } = await putAt(client, key, wanted, value, options);
  if (!done) throw precondition(key, revision, wanted);
  return json({ revision, index }, wanted === 0 ? 201 : 200, { etag: etag(revision) });
}

/** Refuses a write that a token may not do; with a precondition its answer tells the key's revision. */
function requireWrite(access: Access, key: string, wanted: number | undefined): void {
  if (wanted === undefined) requireRight(access, { op: "delete", key });
  else requireRight(access, { op: "cas", key, revision: wanted, value: new Uint8Array() });
}

/** Sets a key if it is at a revision; where it goes with a lease, by a transaction, as `cas` knows of none. */
async function putAt(
  client: Client,
  key: string,
  wanted: number,
  value: Uint8Array,
  { lease, ...options }: PutOptions,
): Promise<WriteOutcome> {
  if (lease === undefined) return await client.cas(key, wanted, value, options);
  return await doAt(client, wanted, { op: "put", key, value, lease }, options);
}

/** Does one write by a transaction if its key is at a revision. Tells the revision of the key otherwise, 0 if it is absent. */
async function doAt(
  client: Client,
  wanted: number,
  write: Extract<Operation, { readonly op: "put" | "delete" }>,
  options: Omit<PutOptions, "lease">,
): Promise<WriteOutcome> {
  const { key } = write;
  const { succeeded, revision, index, results: [there] } = await client.txn({
    compare: [{ key, target: "revision", is: "=", to: wanted }],
    then: [write],
    else: [{ op: "get", key }],
  }, options);
  const present = there?.op === "get" && there.found ? there.revision : 0;
  return { done: succeeded, revision: succeeded ? revision : present, index };
}

/** `DELETE /v1/kv/{key}`; with `If-Match` only at that revision. */
export async function deleteKey(client: Client, request: Request, access: Access): Promise<Response> {
  const key = keyOf(request);
  const wanted = revisionIn(request, "if-match");
  requireWrite(access, key, wanted === "*" ? undefined : wanted);
  const options = deadlineOf(request);
  const absent = () => new Problem("key-not-found", `${quoted(key)} is absent`);
  if (wanted === undefined || wanted === "*") {
    const { done, revision, index } = await client.delete(key, options);
    if (!done) throw wanted === "*" ? precondition(key, 0, "*") : absent();
    return json({ revision, index });
  }
  const { done, revision, index } = await doAt(client, wanted, { op: "delete", key }, options);
  if (!done) throw precondition(key, revision, wanted);
  if (wanted === 0) throw absent();
  return json({ revision, index });
}

/** `GET /v1/kv?prefix=&after=&limit=&keysOnly=`: keys in order. */
export async function listKeys(client: Client, request: Request, access: Access): Promise<Response> {
  const { searchParams } = new URL(request.url);
  const [prefix, after] = [searchParams.get("prefix") ?? "", searchParams.get("after") ?? ""];
  const limit = numberOf(request, "limit", 1, KV_LIMITS.maxListLimit) ?? 100;
  requireRight(access, { op: "list", prefix, after, limit });
  const { items, more, storeRevision } = await client.list(prefix, { after, limit, ...deadlineOf(request) });
  const shown = items.map(({ key, revision, createRevision, value }) => ({
    key,
    revision,
    createRevision,
    ...valueJson(value),
  }));
  return json({ prefix, storeRevision, more, items: shown }, 200, { "cache-control": "no-store" });
}

/** `POST /v1/txn`: a transaction in JSON. */
export async function transact(client: Client, request: Request, access: Access): Promise<Response> {
  const transaction = transactionFromJson(await jsonOf(request) as Json);
  const command = transactionCommand(transaction);
  requireRight(access, command);
  if ([...command.then, ...command.else].some((each) => each.op === "put" && each.lease)) requireLeases(access);
  return json(transactionJson(await client.txn(transaction, deadlineOf(request))));
}
