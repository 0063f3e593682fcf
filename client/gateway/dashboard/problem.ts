/** Problem documents (RFC 9457). */

const TYPES = "urn:bft-raft:problem:";

/** Returns an answer that says what is wrong; `type` is the stable end of its URI. */
export function problem(status: number, type: string, detail: string, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify({ type: `${TYPES}${type}`, title: TITLES[status] ?? "Error", status, detail }), {
    status,
    headers: {
      "content-type": "application/problem+json",
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      ...headers,
    },
  });
}

const TITLES: Readonly<Record<number, string>> = {
  400: "Bad Request",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  409: "Conflict",
  413: "Content Too Large",
  503: "Service Unavailable",
};
