/** The addresses of a gateway, and what is served at each. */
import { Hono } from "hono";
import type { Access } from "../../protocol/ports.ts";
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
import { getLease, grantLease, listLeases, renewLease, revokeLease } from "./lease_routes.ts";
import { GATEWAY_LIMITS } from "./limits.ts";
import { openApiDocument } from "./openapi.ts";
import { Problem, problemOf, problemResponse } from "./problems.ts";
import { json } from "./requests.ts";
import { requireNoRules, requireReadsAll } from "./rights.ts";
import { WatchHub } from "./watch_hub.ts";
import { watchKeys } from "./watch_route.ts";

type Handler = (request: Request, access: Access) => Response | Promise<Response>;
/** Facts on who sent a request. */
interface Sender {
  readonly Bindings: { readonly access: Access };
}
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
  const routes = routesOf(client, hub, metrics);
  const app = routed(routes);
  const labels = [...Object.keys(routes).map(labelOf), ...DASHBOARD_LABELS];
  return {
    async fetch(request) {
      const startedAt = performance.now();
      const response = await answerTo(request);
      counts.answered(routeOf(request, labels), response.status, performance.now() - startedAt);
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
      if (isPagePath(pathname)) {
        requireHost(rules, request);
        return await dashboard(request);
      }
      const access = requireAccess(rules, request);
      if (isDashboardPath(pathname)) {
        requireDashboard(access, pathname);
        return await dashboard(request);
      }
      return withHeaders(await timed(source.latency, (request) => app.fetch(request, { access }))(request));
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
function routeOf(request: Request, labels: readonly string[]): string {
  const pathname = pathOf(request) ?? "";
  if (isPagePath(pathname)) return "/";
  return labels.find((route) => route.endsWith("/") ? pathname.startsWith(route) : pathname === route) ?? "other";
}

/** Returns an address without what it names. */
const labelOf = (path: string): string => path.replace(/[*:].*$/, "");
const DASHBOARD_LABELS = ["/v1/dashboard", "/v1/play/"] as const;

/** Its data tells keys of all kinds, and its play breaks replicas. */
function requireDashboard(access: Access, pathname: string): void {
  if (pathname === "/v1/dashboard") requireReadsAll(access, "the dashboard");
  else requireNoRules(access, "the play");
}

/** Returns what is served at each address but the dashboard's. */
function routesOf(client: Client, hub: WatchHub, metrics: Handler): Readonly<Record<string, Methods>> {
  const document = openApiDocument();
  return {
    "/v1/kv": { GET: (request, access) => listKeys(client, request, access) },
    "/v1/kv/*": {
      GET: (request, access) => getKey(client, request, access),
      PUT: (request, access) => putKey(client, request, access),
      DELETE: (request, access) => deleteKey(client, request, access),
    },
    "/v1/txn": { POST: (request, access) => transact(client, request, access) },
    "/v1/leases": {
      GET: (request, access) => listLeases(client, request, access),
      POST: (request, access) => grantLease(client, request, access),
    },
    "/v1/leases/:id": {
      GET: (request, access) => getLease(client, request, access),
      DELETE: (request, access) => revokeLease(client, request, access),
    },
    "/v1/leases/:id/keepalive": { POST: (request, access) => renewLease(client, request, access) },
    "/v1/watch": { GET: (request, access) => watchKeys(client, hub, request, access) },
    "/v1/log/:index": { GET: (request, access) => getEntry(client, request, access) },
    "/v1/status": { GET: (request) => getStatus(client, request) },
    "/healthz": { GET: () => json({ healthy: true }) },
    "/readyz": { GET: (request) => ready(client, request) },
    "/metrics": { GET: metrics },
    "/openapi.json": { GET: () => json(document) },
  };
}

function routed(routes: Readonly<Record<string, Methods>>): Hono<Sender> {
  const app = new Hono<Sender>();
  for (const [path, methods] of Object.entries(routes)) {
    app.all(path, ({ req: { raw }, env: { access } }) => {
      const handler = methods[(raw.method === "HEAD" ? "GET" : raw.method) as keyof Methods];
      if (handler === undefined) {
        throw new Problem("method-not-allowed", `${raw.method} was given; wanted ${Object.keys(methods).join(", ")}`);
      }
      return handler(raw, access);
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
