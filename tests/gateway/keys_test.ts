/** Keys, transactions and what is refused, over HTTP. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { parseTokens } from "../../client/gateway/mod.ts";
import { type GatewayLab, withGateway } from "./gateway_lab.ts";

const JSON_TYPE = { "content-type": "application/json" };

async function refused(
  lab: GatewayLab,
  status: number,
  type: string,
  method: string,
  path: string,
  init: RequestInit = {},
) {
  const { status: given, json, headers } = await lab.ask(method, path, init);
  assertEquals(
    [given, json?.type, json?.status],
    [status, `urn:bft-raft:problem:${type}`, status],
    `${method} ${path}: ${json?.detail}`,
  );
  assertEquals(headers.get("content-type"), "application/problem+json");
  assert(typeof json.title === "string" && typeof json.detail === "string");
  return json;
}

Deno.test("a key's life: written, read, compared, deleted, with its revision as the entity tag", () =>
  withGateway(async (lab) => {
    const { ask } = lab;
    const put = await ask("PUT", "/v1/kv/greeting", { body: "hello" });
    assertEquals([put.status, put.json.revision, put.headers.get("etag")], [200, 1, `"1"`]);
    const got = await ask("GET", "/v1/kv/greeting");
    assertEquals([got.status, got.text, got.headers.get("etag"), got.headers.get("create-revision")], [
      200,
      "hello",
      `"1"`,
      "1",
    ]);
    assertEquals(got.headers.get("content-type"), "application/octet-stream");
    const head = await ask("HEAD", "/v1/kv/greeting");
    assertEquals([head.status, head.text, head.headers.get("content-length")], [200, "", "5"]);
    assertEquals((await ask("GET", "/v1/kv/greeting", { headers: { "if-none-match": `"1"` } })).status, 304);
    assertEquals((await ask("GET", "/v1/kv/greeting", { headers: { "if-none-match": `"9"` } })).status, 200);
    const changed = await ask("PUT", "/v1/kv/greeting", { body: "hi", headers: { "if-match": `"1"` } });
    assertEquals([changed.status, changed.json.revision], [200, 2]);
    const failed = await refused(lab, 412, "precondition-failed", "PUT", "/v1/kv/greeting", {
      body: "x",
      headers: { "if-match": `"1"` },
    });
    assertEquals(failed.revision, 2);
    const created = await ask("PUT", "/v1/kv/new", { body: "", headers: { "if-none-match": "*" } });
    assertEquals([created.status, created.json.revision], [201, 3]);
    await refused(lab, 412, "precondition-failed", "PUT", "/v1/kv/new", {
      body: "",
      headers: { "if-none-match": "*" },
    });
    await refused(lab, 412, "precondition-failed", "DELETE", "/v1/kv/greeting", { headers: { "if-match": `"1"` } });
    assertEquals((await ask("DELETE", "/v1/kv/greeting", { headers: { "if-match": `"2"` } })).status, 200);
    await refused(lab, 404, "key-not-found", "GET", "/v1/kv/greeting");
    await refused(lab, 404, "key-not-found", "DELETE", "/v1/kv/greeting");
    await refused(lab, 412, "precondition-failed", "DELETE", "/v1/kv/greeting", { headers: { "if-match": "*" } });
    assertEquals((await ask("DELETE", "/v1/kv/new")).json.revision, 5);
  }));

Deno.test("keys are any text, values any bytes; no browser takes one for a page", () =>
  withGateway(async ({ ask }) => {
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
    for (const key of ["a/b/c", "é ü", "a?b#c", "100%", "\r\n: x", "\u{10000}\uffff", " ", "<script>"]) {
      const path = `/v1/kv/${encodeURIComponent(key)}`;
      assertEquals((await ask("PUT", path, { body: bytes })).status, 200, key);
      const { headers, status } = await ask("GET", path);
      assertEquals([status, headers.get("x-content-type-options")], [200, "nosniff"]);
      assertMatch(headers.get("content-security-policy")!, /default-src 'none'/);
    }
    const { json } = await ask("GET", "/v1/kv?prefix=a%2F&limit=1");
    assertEquals([json.items.length, json.items[0].key, json.items[0].valueBase64], [1, "a/b/c", bytes.toBase64()]);
    const [all, rest] = [
      await ask("GET", "/v1/kv?limit=3"),
      await ask("GET", `/v1/kv?limit=3&after=${encodeURIComponent("100%")}`),
    ];
    assertEquals([all.json.more, all.json.items.length, rest.json.items[0].key], [true, 3, "<script>"]);
  }));

Deno.test("a transaction in JSON, and what came of it", () =>
  withGateway(async (lab) => {
    const body = JSON.stringify({
      compare: [{ key: "lock", target: "revision", is: "=", to: 0 }],
      then: [{ op: "put", key: "lock", value: "mine" }, { op: "get", key: "lock" }],
      else: [{ op: "get", key: "lock" }],
    });
    const [first, second] = [
      await lab.ask("POST", "/v1/txn", { body, headers: JSON_TYPE }),
      await lab.ask("POST", "/v1/txn", { body, headers: JSON_TYPE }),
    ];
    assertEquals([first.status, first.json.succeeded, first.json.revision], [200, true, 1]);
    const found = { op: "get", found: true, revision: 1, createRevision: 1, value: "mine" };
    assertEquals(first.json.results, [{ op: "put", revision: 1 }, found]);
    assertEquals([second.json.succeeded, second.json.results], [false, [found]]);
    await refused(lab, 415, "unsupported-media-type", "POST", "/v1/txn", { body });
    await refused(lab, 415, "unsupported-media-type", "POST", "/v1/txn", {
      body,
      headers: { "content-type": "text/plain" },
    });
    const bad = await refused(lab, 400, "bad-request", "POST", "/v1/txn", {
      body: `{"then":[{"op":"swap"}]}`,
      headers: JSON_TYPE,
    });
    assertMatch(bad.detail, /then\[0\]\.op was given "swap"; wanted put or get/);
    await refused(lab, 400, "bad-request", "POST", "/v1/txn", { body: "{", headers: JSON_TYPE });
    await refused(lab, 413, "too-large", "POST", "/v1/txn", { body: `"${"x".repeat(600_000)}"`, headers: JSON_TYPE });
    const reads = { then: Array.from({ length: 9 }, (_, i) => ({ op: "get", key: `k${i}` })) };
    for (let i = 0; i < 9; i++) await lab.client.put(`k${i}`, new Uint8Array(65_536));
    await refused(lab, 422, "result-too-large", "POST", "/v1/txn", { body: JSON.stringify(reads), headers: JSON_TYPE });
  }));

Deno.test("whatever is wrong with a request is named, and nothing is done", () =>
  withGateway(async (lab) => {
    const { ask } = lab;
    await refused(lab, 404, "not-found", "GET", "/v2/kv/a");
    await refused(lab, 405, "method-not-allowed", "POST", "/v1/kv/a", { body: "x" });
    await refused(lab, 405, "method-not-allowed", "DELETE", "/v1/txn");
    const key = await refused(lab, 400, "bad-request", "PUT", "/v1/kv/%ff", { body: "x" });
    assertMatch(key.detail, /wanted percent-encoded UTF-8/);
    await refused(lab, 400, "bad-request", "GET", `/v1/kv/${"k".repeat(1025)}`);
    const large = await refused(lab, 413, "too-large", "PUT", "/v1/kv/a", { body: new Uint8Array(65_537) });
    assertEquals(large.maxBytes, 65_536);
    for (const value of ["1", `W/"1"`, `"x"`, `"1", "2"`, `"99999999999999999"`]) {
      await refused(lab, 400, "bad-request", "PUT", "/v1/kv/a", { body: "x", headers: { "if-match": value } });
    }
    await refused(lab, 400, "bad-request", "PUT", "/v1/kv/a", {
      body: "x",
      headers: { "if-match": `"1"`, "if-none-match": "*" },
    });
    await refused(lab, 400, "bad-request", "PUT", "/v1/kv/a", { body: "x", headers: { "if-match": "*" } });
    for (const given of ["limit=0", "limit=1001", "limit=x", "limit=-1", "timeoutMs=0", "timeoutMs=99999999"]) {
      await refused(lab, 400, "bad-request", "GET", `/v1/kv?${given}`);
    }
    for (const given of ["0", "x", "1.5", "99999999999999999999"]) {
      await refused(lab, 400, "bad-request", "GET", `/v1/log/${given}`);
    }
    await lab.client.list(); // the first leader has committed something then
    const none = await refused(lab, 404, "not-found", "GET", "/v1/log/1000");
    assert(none.commitIndex >= 1);
    assertEquals((await ask("GET", "/v1/kv")).json.items, []);
  }));

Deno.test("the log, the status and health are shown; without a quorum it says so in time", () =>
  withGateway(async (lab) => {
    const { ask, cluster } = lab;
    await ask("PUT", "/v1/kv/a", { body: "x" });
    const entry = await ask("GET", "/v1/log/2");
    assertEquals([entry.status, entry.json.index, entry.json.commands.at(-1).client], [200, 2, "c1"]);
    const status = await ask("GET", "/v1/status");
    assertEquals([status.json.cluster, status.json.replicas.length], [cluster.roster.cluster, 4]);
    assertEquals([(await ask("GET", "/healthz")).status, (await ask("GET", "/readyz")).json.ready], [200, true]);
    for (const id of ["r1", "r2"]) await cluster.stop(id);
    const late = await refused(lab, 504, "no-quorum", "PUT", "/v1/kv/a?timeoutMs=300", { body: "y" });
    assertEquals(late.needed, 2);
    await refused(lab, 504, "no-quorum", "GET", "/readyz?timeoutMs=300");
    assertEquals((await ask("GET", "/healthz")).status, 200, "the gateway itself runs");
  }));

Deno.test("with tokens only who has one is let in; a page of another site and a made-up host are not", () => {
  const tokens = parseTokens("# of the team\nsecret-of-sixteen-chars\n\nanother-secret-of-some-length\n");
  return withGateway(async (lab) => {
    const as = (authorization: string) => ({ headers: { authorization } });
    assertEquals((await lab.ask("GET", "/v1/kv", as("Bearer another-secret-of-some-length"))).status, 200);
    assertEquals((await lab.ask("GET", "/v1/kv", as("bearer secret-of-sixteen-chars"))).status, 200);
    for (
      const wrong of [
        "",
        "Bearer ",
        "Bearer secret",
        "Basic secret-of-sixteen-chars",
        "Bearer secret-of-sixteen-charsX",
        "secret-of-sixteen-chars",
      ]
    ) {
      const { headers, status } = await lab.ask("GET", "/v1/kv", as(wrong));
      assertEquals([status, headers.get("www-authenticate")], [401, `Bearer realm="bft-raft"`]);
    }
    const cross = { headers: { authorization: "Bearer secret-of-sixteen-chars", "sec-fetch-site": "cross-site" } };
    await refused(lab, 403, "forbidden", "PUT", "/v1/kv/a", { ...cross, body: "x" });
    assertEquals((await lab.ask("GET", "/v1/kv", cross)).status, 200);
  }, { tokens, hosts: null });
});

Deno.test("without tokens a name that was made to resolve to this machine is refused", () =>
  withGateway(async (lab) => {
    const { status, json } = await lab.ask("GET", "/v1/kv");
    assertEquals([status, json.type], [403, "urn:bft-raft:problem:forbidden"]);
  }, { tokens: null, hosts: new Set(["127.0.0.1"]) }));
