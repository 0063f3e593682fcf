/** The OpenAPI 3.1 document of a gateway. */
import { z } from "zod";
import { createDocument } from "zod-openapi";
import { CONTENT_TYPE } from "../../metrics/exposition.ts";
import { GATEWAY_LIMITS } from "./limits.ts";
import { PROBLEMS, type ProblemType } from "./problems.ts";
import * as schemas from "./schemas.ts";

/** Problems that any request may meet. */
const ANYWHERE: readonly ProblemType[] = [
  "bad-request",
  "unauthorized",
  "forbidden",
  "too-many-requests",
  "not-possible",
  "not-available",
  "no-quorum",
];
/** Problems of what names a lease, or has one granted. */
const OF_LEASES: readonly ProblemType[] = ["lease-not-found", "lease-limit"];
/** Problems of whatever writes. */
const OF_WRITES: readonly ProblemType[] = ["undecided"];

function problems(...types: readonly ProblemType[]) {
  const byStatus = Map.groupBy([...ANYWHERE, ...types], (type) => String(PROBLEMS[type][0]));
  return Object.fromEntries(
    [...byStatus].map(([status, all]) => [status, {
      description: all.map((type) => `${type}: ${PROBLEMS[type][1]}`).join("; "),
      content: { "application/problem+json": { schema: schemas.problem } },
    }]),
  );
}

const json = (description: string, schema: z.ZodType) => ({ description, content: { "application/json": { schema } } });
const header = (description: string, example: string) => ({
  description,
  schema: { type: "string" as const },
  example,
});
const REVISION_TAG = { ETag: header("The key's revision, in quotes", `"12"`) };

const timeoutMs = z.int().min(1).max(GATEWAY_LIMITS.maxTimeoutMs).optional().meta({
  description: `Longest time that it may take; ${GATEWAY_LIMITS.timeoutMs} by default`,
});
const ifMatch = z.string().optional().meta({ description: `Only at this revision: "12"` });
const path = z.object({ key: z.string().meta({ description: "Percent-encoded UTF-8; may hold slashes" }) });

/** Addresses of single keys. */
const keyPaths = () => ({
  "/v1/kv/{key}": {
    get: {
      operationId: "getKey",
      requestParams: {
        path,
        query: z.object({ timeoutMs }),
        header: z.object({ "If-None-Match": z.string().optional() }),
      },
      responses: {
        "200": {
          description: "The value as it is",
          headers: {
            ...REVISION_TAG,
            "Create-Revision": header("The revision at which the key came to be", "3"),
            "Store-Revision": header("The store's revision at the read", "40"),
          },
          content: { "application/octet-stream": { schema: { type: "string" as const, format: "binary" } } },
        },
        "304": { description: "The key is at the revision of If-None-Match" },
        ...problems("key-not-found"),
      },
    },
    put: {
      operationId: "putKey",
      requestParams: {
        path,
        query: z.object({ lease: z.int().min(1).optional(), timeoutMs }),
        header: z.object({
          "If-Match": ifMatch,
          "If-None-Match": z.string().optional().meta({ description: "*: only if the key is absent" }),
        }),
      },
      requestBody: {
        required: true,
        content: { "application/octet-stream": { schema: { type: "string" as const, format: "binary" } } },
      },
      responses: {
        "200": { ...json("Written", schemas.written), headers: REVISION_TAG },
        "201": { ...json("Written where it was absent", schemas.written), headers: REVISION_TAG },
        ...problems("precondition-failed", "too-large", ...OF_LEASES, ...OF_WRITES),
      },
    },
    delete: {
      operationId: "deleteKey",
      requestParams: { path, query: z.object({ timeoutMs }), header: z.object({ "If-Match": ifMatch }) },
      responses: {
        "200": json("Deleted", schemas.written),
        ...problems("key-not-found", "precondition-failed", ...OF_WRITES),
      },
    },
  },
});

/** Addresses of lists, transactions and watches. */
const storePaths = () => ({
  "/v1/kv": {
    get: {
      operationId: "listKeys",
      requestParams: {
        query: z.object({
          prefix: z.string().max(1024).optional(),
          after: z.string().max(1024).optional(),
          limit: z.int().min(1).max(1000).optional(),
          timeoutMs,
        }),
      },
      responses: { "200": json("Keys in the order of their bytes", schemas.keyList), ...problems() },
    },
  },
  "/v1/txn": {
    post: {
      operationId: "transact",
      requestParams: { query: z.object({ timeoutMs }) },
      requestBody: { required: true, content: { "application/json": { schema: schemas.transaction } } },
      responses: {
        "200": json("Done, one branch or the other", schemas.transactionOutcome),
        ...problems("too-large", "unsupported-media-type", "result-too-large", ...OF_LEASES, ...OF_WRITES),
      },
    },
  },
  "/v1/watch": {
    get: {
      operationId: "watchKeys",
      requestParams: {
        query: z.object({
          prefix: z.string().max(1024).optional(),
          key: z.string().min(1).max(1024).optional(),
          from: z.int().min(1).optional(),
          timeoutMs,
        }),
        header: z.object({ "Last-Event-ID": z.string().optional() }),
      },
      responses: {
        "200": {
          description: "Events hello, change and gone; their ids are revision and cluster",
          content: { "text/event-stream": { schema: { type: "string" as const } } },
        },
        ...problems("revision-gone", "other-history"),
      },
    },
  },
});

const leasePath = z.object({ id: z.int().min(1) });

/** Addresses of leases. */
const leasePaths = () => ({
  "/v1/leases": {
    get: {
      operationId: "listLeases",
      requestParams: {
        query: z.object({ after: z.int().min(0).optional(), limit: z.int().min(1).max(1000).optional(), timeoutMs }),
      },
      responses: { "200": json("Leases of all clients by ascending numbers", schemas.leaseList), ...problems() },
    },
    post: {
      operationId: "grantLease",
      requestParams: { query: z.object({ timeoutMs }) },
      requestBody: { required: true, content: { "application/json": { schema: schemas.leaseWanted } } },
      responses: {
        "201": {
          ...json("Granted", schemas.leaseGranted),
          headers: { Location: header("The lease's address", "/v1/leases/7") },
        },
        ...problems("too-large", "unsupported-media-type", ...OF_LEASES, ...OF_WRITES),
      },
    },
  },
  "/v1/leases/{id}": {
    get: {
      operationId: "getLease",
      requestParams: { path: leasePath, query: z.object({ timeoutMs }) },
      responses: { "200": json("The lease", schemas.oneLease), ...problems("lease-not-found") },
    },
    delete: {
      operationId: "revokeLease",
      requestParams: { path: leasePath, query: z.object({ timeoutMs }) },
      responses: {
        "200": json("Ended, and its keys deleted", schemas.written),
        ...problems("lease-not-found", ...OF_WRITES),
      },
    },
  },
  "/v1/leases/{id}/keepalive": {
    post: {
      operationId: "renewLease",
      requestParams: { path: leasePath, query: z.object({ timeoutMs }) },
      responses: {
        "200": json("It lasts for its whole time again", schemas.leaseGranted),
        ...problems("lease-not-found", ...OF_WRITES),
      },
    },
  },
});

/** Addresses of the log and of states. */
const clusterPaths = () => ({
  "/v1/log/{index}": {
    get: {
      operationId: "getEntry",
      requestParams: { path: z.object({ index: z.int().min(1) }), query: z.object({ timeoutMs }) },
      responses: { "200": json("The entry committed there", schemas.entry), ...problems("not-found") },
    },
  },
  "/v1/status": {
    get: {
      operationId: "getStatus",
      requestParams: { query: z.object({ timeoutMs }) },
      responses: { "200": json("Each replica's own view", schemas.status), ...problems() },
    },
  },
  "/healthz": {
    get: {
      operationId: "isHealthy",
      responses: { "200": json("The gateway runs", schemas.health), ...problems() },
    },
  },
  "/metrics": {
    get: {
      operationId: "getMetrics",
      responses: {
        "200": {
          description: "Metrics in Prometheus' text format",
          content: { [CONTENT_TYPE]: { schema: { type: "string" as const } } },
        },
        ...problems(),
      },
    },
  },
  "/readyz": {
    get: {
      operationId: "isReady",
      requestParams: { query: z.object({ timeoutMs }) },
      responses: { "200": json("The cluster answers", schemas.readiness), ...problems() },
    },
  },
});

/** Returns the document. */
export const openApiDocument = (): object =>
  createDocument({
    openapi: "3.1.0",
    info: {
      title: "BFT Raft gateway",
      version: "1",
      description: "A linearizable key-value store that stands Byzantine replicas.",
    },
    paths: { ...keyPaths(), ...storePaths(), ...leasePaths(), ...clusterPaths() },
    components: { securitySchemes: { token: { type: "http", scheme: "bearer" } } },
    security: [{}, { token: [] }],
  });
