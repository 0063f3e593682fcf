/** The addresses of a gateway, and what is served at each. */
import { Hono } from "hono";
import type { Client } from "../client_types.ts";
import { type AccessRules, requireAccess, requireHost } from "./access.ts";
import { getEntry, getStatus, ready } from "./cluster_routes.ts";
import {
  dashboardHandler,
  DashboardSource,
  isDashboardPath,
  isPagePath,
  type PlayControl,
  timed,
} from "./dashboard/mod.ts";
import { GatewayCounts, metricsHandler } from "./gateway_metrics.ts";
import { deleteKey, getKey, listKeys, putKey, transact } from "./kv_routes.ts";
import { GATEWAY_LIMITS } from "./limits.ts";
import { openApiDocument } from "./openapi.ts";
import { Problem, problemOf, problemResponse } from "./problems.ts";
import { json } from "./requests.ts";
import { WatchHub } from "./watch_hub.ts";
import { watchKeys } from "./watch_route.ts";

type Handler = (request: Request) => Response | Promise<Response>;
type Methods = Readonly<Partial<Record<"GET" | "PUT" | "POST" | "DELETE", Handler>>>;

/** Anything that is served could be what a client of the cluster wrote: no browser is to take it for a page. */
const HEADERS: Readonly<Record<string, string>> = {
  "x-content-type-options": "nosniff",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "referrer-policy": "no-referrer",
};

/** Answers requests to a gateway. */
export interface GatewayApp {
  fetch(request: Request): Promise<Response>;
  /** Ends all watches and the streams of dashboards. */
  close(): void;
}

/** Returns the gateway of a client, with its dashboard; `play` breaks and mends the replicas of a cluster that is there for it. */
export function createApp(client: Client, rules: AccessRules, play: PlayControl | null = null): GatewayApp {
  const source = new DashboardSource({ client, play });
  const dashboard = dashboardHandler(source);
  const hub = new WatchHub(client);
  const counts = new GatewayCounts();
  let underWay = 0;
  const metrics = metricsHandler({ client, counts, underWay: () => underWay, listeners: () => hub.size });
  const app = routed(client, hub, metrics);
  const answer = timed(source.latency, (request) => app.fetch(request));
  return {
    async fetch(request) {
      const startedAt = performance.now();
      const response = await answerTo(request);
      counts.answered(routeOf(request), response.status, performance.now() - startedAt);
      return response;
    },
    close: () => {
      hub.stop();
      void source.close();
    },
  };

  async function answerTo(request: Request): Promise<Response> {
    if (underWay >= GATEWAY_LIMITS.maxRequests) {
      return withHeaders(
        problemResponse(
          new Problem("too-many-requests", `${underWay} requests are under way; wanted fewer before another one`),
        ),
      );
    }
    underWay++;
    try {
      const pathname = pathOf(request);
      if (pathname === null) throw new Problem("bad-request", "given a Host that is none, wanted that of this gateway");
      // The page holds no data, and asks for a token itself where one is needed. It has a policy of its own.
      (isPagePath(pathname) ? requireHost : requireAccess)(rules, request);
      return isDashboardPath(pathname) ? await dashboard(request) : withHeaders(await answer(request));
    } catch (error) {
      return withHeaders(problemResponse(problemOf(error)));
    } finally {
      underWay--;
    }
  }
}

/** Returns the path that is asked for; null where the Host is none, so that there is no URL. */
const pathOf = (request: Request): string | null => URL.parse(request.url)?.pathname ?? null;

/** Returns what counts as the route of a request: an address of the gateway's without what it names. */
function routeOf(request: Request): string {
  const pathname = pathOf(request) ?? "";
  if (isPagePath(pathname)) return "/";
  return ROUTES.find((route) => route.endsWith("/") ? pathname.startsWith(route) : pathname === route) ?? "other";
}

const ROUTES: readonly string[] = [
  ...["/v1/kv", "/v1/kv/", "/v1/txn", "/v1/watch", "/v1/log/", "/v1/status", "/v1/dashboard", "/v1/play/"],
  ...["/healthz", "/readyz", "/metrics", "/openapi.json"],
];

/** Returns what is served at each address but the dashboard's. */
function routed(client: Client, hub: WatchHub, metrics: Handler): Hono {
  const document = openApiDocument();
  const routes: Readonly<Record<string, Methods>> = {
    "/v1/kv": { GET: (request) => listKeys(client, request) },
    "/v1/kv/*": {
      GET: (request) => getKey(client, request),
      PUT: (request) => putKey(client, request),
      DELETE: (request) => deleteKey(client, request),
    },
    "/v1/txn": { POST: (request) => transact(client, request) },
    "/v1/watch": { GET: (request) => watchKeys(client, hub, request) },
    "/v1/log/:index": { GET: (request) => getEntry(client, request) },
    "/v1/status": { GET: (request) => getStatus(client, request) },
    "/healthz": { GET: () => json({ healthy: true }) },
    "/readyz": { GET: (request) => ready(client, request) },
    "/metrics": { GET: metrics },
    "/openapi.json": { GET: () => json(document) },
  };
  const app = new Hono();
  for (const [path, methods] of Object.entries(routes)) {
    app.all(path, ({ req: { raw } }) => {
      const handler = methods[(raw.method === "HEAD" ? "GET" : raw.method) as keyof Methods];
      if (handler === undefined) {
        throw new Problem("method-not-allowed", `${raw.method} was given; wanted ${Object.keys(methods).join(", ")}`);
      }
      return handler(raw);
    });
  }
  app.notFound(({ req }) =>
    problemResponse(new Problem("not-found", `${req.path.slice(0, 200)} is no address of this gateway`))
  );
  app.onError((error) => problemResponse(problemOf(error)));
  return app;
}

function withHeaders(response: Response): Response {
  for (const [name, value] of Object.entries(HEADERS)) response.headers.set(name, value);
  return response;
}
