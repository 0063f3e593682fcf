/** Leases over HTTP. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { ORIGIN, take, withGateway } from "./gateway_lab.ts";

const JSON_TYPE = { "content-type": "application/json" };
const wanting = (ttlMs: number) => ({ body: JSON.stringify({ ttlMs }), headers: JSON_TYPE });
const tail = (type: string) => type.slice("urn:bft-raft:problem:".length);

Deno.test("a lease is granted, renewed, shown and revoked, and its keys go with it", () =>
  withGateway(async ({ ask }) => {
    const granted = await ask("POST", "/v1/leases", wanting(60_000));
    assertEquals([granted.status, granted.json.lease, granted.json.ttlMs], [201, 1, 60_000]);
    assertEquals(granted.headers.get("location"), "/v1/leases/1");
    assertEquals((await ask("PUT", "/v1/kv/a?lease=1", { body: "x" })).status, 200);
    assertEquals((await ask("PUT", "/v1/kv/b", { body: "stays" })).status, 200);
    const created = { body: "y", headers: { "if-none-match": "*" } };
    assertEquals((await ask("PUT", "/v1/kv/c?lease=1", created)).status, 201);
    const again = await ask("PUT", "/v1/kv/c?lease=1", created);
    assertEquals([again.status, again.json.revision], [412, 3]);
    const changed = await ask("PUT", "/v1/kv/c?lease=1", { body: "z", headers: { "if-match": `"3"` } });
    assertEquals([changed.status, changed.headers.get("etag")], [200, `"4"`]);
    const txn = { body: JSON.stringify({ then: [{ op: "put", key: "d", value: "", lease: 1 }] }), headers: JSON_TYPE };
    assertEquals((await ask("POST", "/v1/txn", txn)).json.succeeded, true);
    const { json: one } = await ask("GET", "/v1/leases/1");
    assertEquals([one.lease, one.client, one.ttlMs, one.keys], [1, "c1", 60_000, 3]);
    assert(one.remainingMs > 0 && one.remainingMs <= 60_000);
    assertEquals((await ask("POST", "/v1/leases/1/keepalive")).json.ttlMs, 60_000);
    assertEquals((await ask("POST", "/v1/leases", wanting(1000))).json.lease, 2);
    const { json: page } = await ask("GET", "/v1/leases?after=0&limit=1");
    assertEquals([page.more, page.items.length, page.items[0].lease], [true, 1, 1]);
    assertEquals((await ask("DELETE", "/v1/leases/1")).status, 200);
    const { json: left } = await ask("GET", "/v1/kv");
    assertEquals(left.items.map(({ key }: { key: string }) => key), ["b"]);
  }));

Deno.test("what is wrong with a lease is named, and nothing is done", () =>
  withGateway(async ({ ask }) => {
    const refused = async (status: number, type: string, method: string, path: string, init: RequestInit = {}) => {
      const { status: given, json } = await ask(method, path, init);
      assertEquals([given, tail(json.type)], [status, type], `${method} ${path}: ${json.detail}`);
      return json.detail as string;
    };
    for (const body of ["{}", "[]", "null", `{"ttlMs":"5"}`, `{"ttlMs":60000,"id":4}`, `{"ttlMs":999}`]) {
      await refused(400, "bad-request", "POST", "/v1/leases", { body, headers: JSON_TYPE });
    }
    assertMatch(
      await refused(400, "bad-request", "POST", "/v1/leases", { body: "{}", headers: JSON_TYPE }),
      /wanted \{"ttlMs": 1000 to 604800000\}/,
    );
    await refused(415, "unsupported-media-type", "POST", "/v1/leases", { body: `{"ttlMs":5000}` });
    for (const id of ["0", "x", "1.5", "-1", "99999999999999999999"]) {
      await refused(400, "bad-request", "GET", `/v1/leases/${id}`);
      await refused(400, "bad-request", "POST", `/v1/leases/${id}/keepalive`);
    }
    await refused(404, "lease-not-found", "GET", "/v1/leases/7");
    await refused(404, "lease-not-found", "DELETE", "/v1/leases/7");
    await refused(404, "lease-not-found", "POST", "/v1/leases/7/keepalive");
    await refused(404, "lease-not-found", "PUT", "/v1/kv/a?lease=7", { body: "x" });
    await refused(404, "lease-not-found", "PUT", "/v1/kv/a?lease=7", { body: "x", headers: { "if-none-match": "*" } });
    await refused(400, "bad-request", "PUT", "/v1/kv/a?lease=0", { body: "x" });
    await refused(405, "method-not-allowed", "PUT", "/v1/leases/7", { body: "x" });
    await refused(404, "not-found", "POST", "/v1/leases/7/grow");
    for (const lease of ["1", 0, 1.5, null]) {
      const body = JSON.stringify({ then: [{ op: "put", key: "a", value: "x", lease }] });
      const detail = await refused(400, "bad-request", "POST", "/v1/txn", { body, headers: JSON_TYPE });
      assertMatch(detail, /then\[0\]\.lease was given .*wanted the number of a lease/);
    }
    assertEquals((await ask("GET", "/v1/kv")).json.storeRevision, 0);
  }));

Deno.test("a watch tells that a key went since nobody kept its lease", () =>
  withGateway(async ({ app, ask }) => {
    const beganAt = performance.now();
    const { json: { lease } } = await ask("POST", "/v1/leases", wanting(1000));
    const watch = await app.fetch(new Request(`${ORIGIN}/v1/watch?prefix=services/`));
    const events = take(watch, 3);
    events.catch(() => {});
    await ask("PUT", `/v1/kv/services/web?lease=${lease}`, { body: "10.0.0.7" });
    const [, put, gone] = await events;
    assertEquals(put!.data.changes[0].value, "10.0.0.7");
    assertEquals(gone!.data.changes, [{ key: "services/web", deleted: true }]);
    assert(performance.now() - beganAt >= 1000, "never before");
    assertEquals((await ask("GET", `/v1/leases/${lease}`)).status, 404);
  }));
