/** Answers the gateway's calls for keys on a library client: what the page needs, and no more. */
import type { Client } from "../../client/mod.ts";

const problem = (status: number, detail: string): Response =>
  new Response(JSON.stringify({ status, detail }), { status, headers: { "content-type": "application/problem+json" } });

const revisionIn = (header: string | null): number | null => {
  const [, digits] = /^"(\d+)"$/.exec(header ?? "") ?? [];
  return digits === undefined ? null : Number(digits);
};

const tagged = (status: number, revision: number, body: BodyInit | null = null): Response =>
  new Response(body, { status, headers: { etag: `"${revision}"` } });

/** Answers a request below `/v1/kv`. */
export async function answerKv(client: Client, request: Request): Promise<Response> {
  const url = new URL(request.url);
  try {
    if (url.pathname === "/v1/kv") return await list(client, url.searchParams);
    const key = decodeURIComponent(url.pathname.slice("/v1/kv/".length));
    if (request.method === "GET") return await get(client, key);
    if (request.method === "PUT") return await put(client, key, request);
    return await remove(client, key, revisionIn(request.headers.get("if-match")));
  } catch (error) {
    return problem(503, error instanceof Error ? error.message : String(error));
  }
}

async function list(client: Client, query: URLSearchParams): Promise<Response> {
  const limit = Number(query.get("limit") ?? 100);
  const { items, more, storeRevision } = await client.list(query.get("prefix") ?? "", {
    after: query.get("after") ?? "",
    limit,
  });
  const shown = items.map(({ key, revision, value }) => ({ key, revision, value: new TextDecoder().decode(value) }));
  return Response.json({ items: shown, more, revision: storeRevision });
}

async function get(client: Client, key: string): Promise<Response> {
  const read = await client.get(key);
  return read.found ? tagged(200, read.revision, read.value.slice()) : problem(404, `there is no key ${key}`);
}

async function put(client: Client, key: string, request: Request): Promise<Response> {
  const value = new Uint8Array(await request.arrayBuffer());
  const expected = request.headers.get("if-none-match") === "*" ? 0 : revisionIn(request.headers.get("if-match"));
  if (expected === null) return tagged(200, (await client.put(key, value)).revision);
  const { done, revision } = await client.cas(key, expected, value);
  return done ? tagged(200, revision) : problem(412, `revision ${revision} is there; wanted ${expected}`);
}

async function remove(client: Client, key: string, expected: number | null): Promise<Response> {
  const read = await client.get(key);
  const revision = read.found ? read.revision : 0;
  if (expected !== null && revision !== expected) return problem(412, `revision ${revision}; wanted ${expected}`);
  return tagged(204, (await client.delete(key)).revision);
}
