/** The gateway keeps to the document that it serves: whatever is asked, the answer is one that the document declares. */
import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import * as schemas from "../../client/gateway/schemas.ts";
import { type Asked, withGateway } from "./gateway_lab.ts";

// deno-lint-ignore no-explicit-any -- the document is JSON
type Document = any;

/** Answers whose shape is declared, by operation. */
const SHAPES = {
  putKey: schemas.written,
  deleteKey: schemas.written,
  listKeys: schemas.keyList,
  transact: schemas.transactionOutcome,
  listLeases: schemas.leaseList,
  grantLease: schemas.leaseGranted,
  getLease: schemas.oneLease,
  renewLease: schemas.leaseGranted,
  revokeLease: schemas.written,
  getEntry: schemas.entry,
  getStatus: schemas.status,
  isHealthy: schemas.health,
  isReady: schemas.readiness,
} as const;

const key = fc.oneof(
  fc.constantFrom("a", "a/b", "é", "\u{10000}"),
  fc.string({ minLength: 1, maxLength: 8 }),
  fc.constant("k".repeat(1025)),
);
const text = fc.oneof(
  fc.constantFrom("", "0", "1", "-1", "x", "1.5", "99999999999999999999"),
  fc.string({ maxLength: 6 }),
);
const tag = fc.oneof(
  fc.constantFrom("*", `"0"`, `"1"`, `"x"`, `W/"1"`, ""),
  fc.string({ maxLength: 4 }).filter((value) => /^[\x20-\x7e]*$/.test(value)),
);
const operation = fc.oneof(
  fc.record({ op: fc.constantFrom("put", "get", "delete", "list", "swap"), key, value: fc.string({ maxLength: 4 }) }, {
    requiredKeys: ["op"],
  }),
  fc.jsonValue({ maxDepth: 2 }),
);
const transaction = fc.oneof(
  fc.record({
    compare: fc.array(
      fc.record({
        key,
        target: fc.constantFrom("revision", "value", "size"),
        is: fc.constantFrom("=", "<", "~"),
        to: fc.oneof(fc.nat(), fc.string()),
      }),
      { maxLength: 2 },
    ),
    then: fc.array(operation, { maxLength: 3 }),
    else: fc.array(operation, { maxLength: 3 }),
  }, { requiredKeys: [] }),
  fc.jsonValue({ maxDepth: 3 }),
);

/** A request to an operation, well-formed or not. */
const requests = fc.oneof(
  fc.record({
    id: fc.constant("getKey"),
    method: fc.constantFrom("GET", "HEAD"),
    path: key.map((name) => `/v1/kv/${encoded(name)}`),
    headers: fc.record({ "if-none-match": tag }, { requiredKeys: [] }),
  }),
  fc.record({
    id: fc.constant("putKey"),
    method: fc.constant("PUT"),
    path: fc.tuple(key, fc.constantFrom("", "?lease=1", "?lease=3", "?lease=0", "?lease=x")).map(([name, lease]) =>
      `/v1/kv/${encoded(name)}${lease}`
    ),
    body: fc.constantFrom("", "x", "x".repeat(65_537)),
    headers: fc.record({ "if-match": tag, "if-none-match": tag }, { requiredKeys: [] }),
  }),
  fc.record({
    id: fc.constant("deleteKey"),
    method: fc.constant("DELETE"),
    path: key.map((name) => `/v1/kv/${encoded(name)}`),
    headers: fc.record({ "if-match": tag }, { requiredKeys: [] }),
  }),
  fc.record({
    id: fc.constant("listKeys"),
    method: fc.constant("GET"),
    path: fc.tuple(text, text, text).map(([prefix, after, limit]) =>
      `/v1/kv?${new URLSearchParams({ prefix, after, limit })}`
    ),
  }),
  fc.record({
    id: fc.constant("transact"),
    method: fc.constant("POST"),
    path: fc.constant("/v1/txn"),
    body: transaction.map((value) => JSON.stringify(value)),
    headers: fc.constantFrom({ "content-type": "application/json" }, { "content-type": "text/plain" }),
  }),
  fc.record({
    id: fc.constant("listLeases"),
    method: fc.constant("GET"),
    path: fc.tuple(text, text).map(([after, limit]) => `/v1/leases?${new URLSearchParams({ after, limit })}`),
  }),
  fc.record({
    id: fc.constant("grantLease"),
    method: fc.constant("POST"),
    path: fc.constant("/v1/leases"),
    body: fc.oneof(fc.constantFrom(`{"ttlMs":60000}`, `{"ttlMs":1}`, "{"), fc.json({ maxDepth: 1 })),
    headers: fc.constantFrom({ "content-type": "application/json" }, { "content-type": "text/plain" }),
  }),
  ...[["getLease", "GET", ""], ["renewLease", "POST", "/keepalive"], ["revokeLease", "DELETE", ""]].map(
    ([id, method, verb]) =>
      fc.record({
        ...{ id: fc.constant(id!), method: fc.constant(method!) },
        path: fc.oneof(fc.integer({ min: 1, max: 9 }).map(String), text).map((lease) =>
          `/v1/leases/${encoded(lease || "0")}${verb}`
        ),
      }),
  ),
  fc.record({
    id: fc.constant("getEntry"),
    method: fc.constant("GET"),
    path: text.map((index) => `/v1/log/${encoded(index || "0")}`),
  }),
  fc.record({ id: fc.constant("getStatus"), method: fc.constant("GET"), path: fc.constant("/v1/status") }),
  fc.record({ id: fc.constantFrom("isHealthy"), method: fc.constant("GET"), path: fc.constant("/healthz") }),
  fc.record({ id: fc.constant("getMetrics"), method: fc.constantFrom("GET", "HEAD"), path: fc.constant("/metrics") }),
  fc.record({ id: fc.constantFrom("isReady"), method: fc.constant("GET"), path: fc.constant("/readyz") }),
);

const encoded = (name: string): string => encodeURIComponent(name.toWellFormed()).replaceAll(".", "%2E");

/** Returns the declared answers of every operation. */
function declared(document: Document): Map<string, Record<string, Document>> {
  const found = new Map<string, Record<string, Document>>();
  for (const methods of Object.values<Document>(document.paths)) {
    for (const { operationId, responses } of Object.values<Document>(methods)) found.set(operationId, responses);
  }
  return found;
}

function assertDeclared(responses: Record<string, Document>, id: string, { status, headers, json }: Asked): void {
  const response = responses[String(status)];
  assert(response !== undefined, `${id}: ${status} is not declared: ${JSON.stringify(json)}`);
  const type = headers.get("content-type");
  if (response.content !== undefined) assert(type !== null && type in response.content, `${id} ${status}: ${type}`);
  if (status >= 400) {
    if (json !== null) assertEquals(schemas.problem.parse(json).status, status);
  } else if (id in SHAPES) SHAPES[id as keyof typeof SHAPES].parse(json);
}

Deno.test("every answer to whatever is asked is one that /openapi.json declares", () =>
  withGateway(async ({ ask }) => {
    const { json: document } = await ask("GET", "/openapi.json");
    assertEquals(document.openapi, "3.1.0");
    const operations = declared(document);
    assertEquals([...operations.keys()].sort(), [...Object.keys(SHAPES), "getKey", "getMetrics", "watchKeys"].sort());
    await fc.assert(
      fc.asyncProperty(requests, async ({ id, method, path, ...init }) => {
        const asked = await ask(method, path, init as RequestInit);
        assertDeclared(operations.get(id)!, id, asked);
      }),
      { numRuns: 250 },
    );
  }));
