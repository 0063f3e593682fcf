/** Tokens with rights of their own: what they say, and that nothing of a gateway goes past them. */
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { createApp } from "../../client/gateway/app.ts";
import { parseTokens } from "../../client/gateway/mod.ts";
import { UsageError } from "../../client/mod.ts";
import { MemoryCluster } from "../support/memory_cluster.ts";
import { asked, eventsOf, ORIGIN, withGateway } from "./gateway_lab.ts";

const JSON_TYPE = { "content-type": "application/json" };
const ALL = "token-that-may-do-everything";
const SOME = "token-that-may-do-a-little";
const READER = "token-that-may-read-everything";
const rules = {
  tokens: parseTokens([
    "# who may do what",
    ALL,
    `${SOME} read /a/  write /a/mine/ read /a/mine/ read-key /b write-key "/c d"`,
    `${READER}\tread\t*`,
  ].join("\n")),
  hosts: null,
};

const as = (token: string, headers: Readonly<Record<string, string>> = {}) => ({
  headers: { authorization: `Bearer ${token}`, ...headers },
});

Deno.test("a tokens file says what each may do, and what is wrong with it is named without showing a token", () => {
  const [all, some] = rules.tokens;
  assertEquals(all!.access, null);
  const read = { exact: false, read: true, write: false };
  assertEquals(some!.access, [
    { ...read, prefix: "/a/" },
    { prefix: "/a/mine/", exact: false, read: false, write: true },
    { ...read, prefix: "/a/mine/" },
    { ...read, prefix: "/b", exact: true },
    { prefix: "/c d", exact: true, read: false, write: true },
  ]);
  const secret = "secret-of-sixteen-chars";
  const many = Array.from({ length: 65 }, (_, i) => `read /${i}`).join(" ");
  for (
    const [line, message] of [
      [`${secret} read`, "right 1 of token 1, read, with no keys, wanted a prefix, * for all keys, of 1 to 1024 bytes"],
      [`${secret} read /a write-key`, "right 2 of token 1, write-key, with no keys, wanted a key of 1 to 1024 bytes"],
      [`${secret} read ""`, "right 1 of token 1, read, with no keys"],
      [`${secret} read "\\ud800"`, "right 1 of token 1, read, with no keys"],
      [`${secret} read ${"k".repeat(1025)}`, "right 1 of token 1, read, with no keys"],
      [
        `${secret} ${secret}-another`,
        "right 1 of token 1 with a word that is none, wanted read, write, read-key, write-key",
      ],
      [`${secret} read "/a b`, "a quote that does not end a word"],
      [`${secret} read "/a"b`, "a quote that does not end a word"],
      [`${secret} ${many}`, "more than 64 rights"],
      [`short read /a`, "token 1 with 5 characters"],
    ] as const
  ) {
    const error = assertThrows(() => parseTokens(line), UsageError);
    assertStringIncludes(error.message, message);
    assert(!error.message.includes(secret), error.message);
  }
});

Deno.test("a token does what its rights cover; anything else is 403 in words, and not done", () =>
  withGateway(async ({ ask, client }) => {
    for (const key of ["/a/1", "/a/mine/1", "/b", "/bc", "/c d"]) await client.put(key, "old");
    const path = (key: string) => `/v1/kv/${encodeURIComponent(key)}`;
    const txn = (body: object) => ({ ...as(SOME, JSON_TYPE), body: JSON.stringify(body) });
    const match = { "if-match": `"1"` };
    const may: [string, string, RequestInit][] = [
      ["GET", path("/a/1"), as(SOME)],
      ["GET", path("/b"), as(SOME)],
      ["PUT", path("/a/mine/2"), { ...as(SOME), body: "new" }],
      ["PUT", path("/a/mine/3"), { ...as(SOME, { "if-none-match": "*" }), body: "new" }],
      ["DELETE", path("/a/mine/2"), as(SOME)],
      ["PUT", path("/c d"), { ...as(SOME), body: "new" }],
      ["GET", "/v1/kv?prefix=/a/", as(SOME)],
      ["POST", "/v1/txn", txn({ then: [{ op: "get", key: "/b" }, { op: "put", key: "/a/mine/4", value: "" }] })],
      ["GET", "/v1/kv", as(READER)],
      ["GET", "/v1/log/1", as(READER)],
      ["GET", "/v1/leases", as(READER)],
    ];
    for (const [method, at, init] of may) {
      const { status, text } = await ask(method, at, init);
      assert(status === 200 || status === 201, `${method} ${at}: ${status} ${text}`);
    }
    const before = (await client.list()).items;
    const mayNot: [string, string, RequestInit, string][] = [
      ["GET", path("/bc"), as(SOME), 'this token may not read "/bc"; it may read keys under "/a/"'],
      ["HEAD", path("/bc"), as(SOME), ""],
      ["GET", path("/c d"), as(SOME), 'may not read "/c d"'],
      ["PUT", path("/a/1"), { ...as(SOME), body: "x" }, 'may not write "/a/1"'],
      ["PUT", path("/c d"), { ...as(SOME, match), body: "x" }, 'may not read "/c d"'],
      ["DELETE", path("/a/1"), as(SOME), 'may not write "/a/1"'],
      ["DELETE", path("/c d"), as(SOME, match), 'may not read "/c d"'],
      ["GET", "/v1/kv", as(SOME), "may not read all keys under"],
      ["GET", "/v1/kv?prefix=/a", as(SOME), "may not read all keys under"],
      ["POST", "/v1/txn", txn({ else: [{ op: "get", key: "/x" }] }), 'may not read "/x"'],
      ["POST", "/v1/txn", txn({ compare: [{ key: "/x", target: "revision", is: "=", to: 0 }] }), 'may not read "/x"'],
      ["PUT", `${path("/a/mine/9")}?lease=1`, { ...as(SOME), body: "x" }, "may not write all keys, which leases need"],
      [
        ...["POST", "/v1/txn"] as const,
        txn({ then: [{ op: "put", key: "/a/mine/9", value: "", lease: 1 }] }),
        "may not write all keys, which leases need",
      ],
      ["POST", "/v1/leases", { ...as(SOME, JSON_TYPE), body: `{"ttlMs":5000}` }, "which leases need"],
      ["POST", "/v1/leases/1/keepalive", as(READER), "which leases need"],
      ["DELETE", "/v1/leases/1", as(READER), "which leases need"],
      ["GET", "/v1/leases", as(SOME), "may not read all keys, which a list of leases needs"],
      ["GET", "/v1/leases/1", as(SOME), "may not read all keys"],
      ["GET", "/v1/log/1", as(SOME), "may not read all keys, which an entry of the log needs"],
      ["GET", "/v1/dashboard", as(SOME), "may not read all keys, which the dashboard needs"],
      ["POST", "/v1/play/crash", as(READER), "may not use the play"],
      ["PUT", path("/a/1"), { ...as(READER), body: "x" }, 'may not write "/a/1"'],
    ];
    for (const [method, at, init, words] of mayNot) {
      const { status, json } = await ask(method, at, init);
      assertEquals([status, json?.type ?? ""], [403, json === null ? "" : "urn:bft-raft:problem:forbidden"], at);
      assertStringIncludes(json?.detail ?? "", words);
    }
    assertEquals((await client.list()).items, before);
  }, rules));

Deno.test("every address but those that tell no keys asks for the rights of a token", () =>
  withGateway(async ({ ask }) => {
    const { json: document } = await ask("GET", "/openapi.json", as(SOME));
    const open: string[] = [];
    for (const [at, methods] of Object.entries<Record<string, { operationId: string }>>(document.paths)) {
      for (const [method, { operationId }] of Object.entries(methods)) {
        const path = at.replace("{key}", "other").replace("{index}", "1").replace("{id}", "1");
        const body = method === "put" ? "x" : JSON.stringify({ then: [{ op: "get", key: "other" }] });
        const init = method === "put" || method === "post" ? { ...as(SOME, JSON_TYPE), body } : as(SOME);
        if ((await ask(method.toUpperCase(), path, init)).status !== 403) open.push(operationId);
      }
    }
    assertEquals(open.sort(), ["getMetrics", "getStatus", "isHealthy", "isReady"]);
  }, rules));

Deno.test("a token watches what it may read, while others watch through the same gateway", async () => {
  await using cluster = MemoryCluster.start();
  const client = cluster.client("c1");
  const app = createApp(client, rules);
  try {
    const watch = (query: string, token: string) => app.fetch(new Request(`${ORIGIN}/v1/watch${query}`, as(token)));
    const [all, some] = [await watch("", ALL), await watch("?prefix=/a/", SOME)];
    for (const query of ["", "?prefix=/a", "?key=/bc"]) {
      const { status, json } = await asked(await watch(query, SOME));
      assertEquals([status, json.type], [403, "urn:bft-raft:problem:forbidden"], query);
    }
    for (const key of ["/a/1", "/b", "/a/2"]) await client.put(key, "");
    const keysOf = async (response: Response, count: number) => {
      const keys: string[] = [];
      for await (const { event, data } of eventsOf(response)) {
        if (event === "change") keys.push(data.changes[0].key);
        if (keys.length === count) break;
      }
      return keys;
    };
    assertEquals(await keysOf(some, 2), ["/a/1", "/a/2"]);
    assertEquals(await keysOf(all, 3), ["/a/1", "/b", "/a/2"]);
  } finally {
    app.close();
  }
});
