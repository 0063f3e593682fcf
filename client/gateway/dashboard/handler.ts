/** Answers the dashboard's own requests: `/`, its files, the stream of its data, and the play. */
import { readAssets } from "./assets.ts";
import { PAGE_HEADERS } from "./assets.ts";
import { MAX_VIEWERS } from "./limits.ts";
import { PlayGate } from "./play_gate.ts";
import { problem } from "./problem.ts";
import type { DashboardSource } from "./source.ts";

/** Folder of the page's files. */
const FILES = "/dashboard/";

/** Returns whether `pathname` is the page or one of its files, which hold no data. */
export const isPagePath = (pathname: string): boolean => pathname === "/" || pathname.startsWith(FILES);

/** Returns whether a request for `pathname` is the dashboard's. */
export const isDashboardPath = (pathname: string): boolean =>
  isPagePath(pathname) || pathname === "/v1/dashboard" || pathname.startsWith("/v1/play/");

/**
 * Returns the handler of the dashboard's requests; any other is answered 404. It authenticates nobody: whoever mounts it guards `/v1/dashboard` as it guards what reads all keys
 * (it tells keys, and no values). The page itself, which holds no data, is for all.
 */
export function dashboardHandler(source: DashboardSource): (request: Request) => Promise<Response> {
  const assets = readAssets();
  const gate = source.play === null ? null : new PlayGate(source, source.play);
  return async (request) => {
    const { pathname } = new URL(request.url);
    if (pathname.startsWith("/v1/play/")) {
      return gate === null
        ? problem(404, "no-play", "this cluster was not started for play; wanted one started by cluster --play")
        : await gate.answer(request, pathname);
    }
    if (request.method !== "GET" && request.method !== "HEAD") {
      return problem(405, "method", `${request.method} was given; wanted GET`, { allow: "GET, HEAD" });
    }
    if (pathname === "/v1/dashboard") return stream(source, request);
    const name = pathname === "/" ? "index.html" : pathname.startsWith(FILES) ? pathname.slice(FILES.length) : "";
    const asset = pathname === "/dashboard/index.html" ? undefined : assets.get(name);
    if (asset === undefined) return problem(404, "not-found", `nothing is served at ${pathname.slice(0, 100)}`);
    const text = name === "index.html"
      ? asset.text.replace("{{play-token}}", gate?.tokenFor(request) ?? "")
      : asset.text;
    return new Response(request.method === "HEAD" ? null : text, {
      headers: { ...PAGE_HEADERS, "content-type": asset.type },
    });
  };
}

function stream(source: DashboardSource, request: Request): Response {
  const headers = {
    ...{ "content-type": "text/event-stream", "cache-control": "no-store", "x-content-type-options": "nosniff" },
    "cross-origin-resource-policy": "same-origin",
  };
  if (request.method === "HEAD") return new Response(null, { headers });
  const body = source.watch();
  if (body === null) {
    const detail = `${source.viewers} watch already; wanted at most ${MAX_VIEWERS} at a time`;
    return problem(503, "too-many-viewers", detail, { "retry-after": "5" });
  }
  return new Response(body, { headers });
}
