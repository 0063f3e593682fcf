/** Answers of the probes, and how they are written. */

/** An answer. */
export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Types of problem documents (RFC 9457), with their status and title. A type never changes its meaning. */
const PROBLEMS = {
  "bad-request": [400, "The request is malformed"],
  "forbidden": [403, "This is not allowed"],
  "not-found": [404, "There is nothing at this address"],
  "method-not-allowed": [405, "This method is not for this address"],
  "too-large": [431, "The head of the request is too large"],
  "failed": [500, "The answer could not be made"],
  "not-available": [503, "This replica cannot do its part"],
} as const satisfies Readonly<Record<string, readonly [number, string]>>;
type ProblemType = keyof typeof PROBLEMS;

const REASONS: Readonly<Record<number, string>> = {
  ...{ 200: "OK", 400: "Bad Request", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed" },
  ...{ 431: "Request Header Fields Too Large", 500: "Internal Server Error", 503: "Service Unavailable" },
};
const JSON_TYPE = "application/json";

export const jsonAnswer = (value: unknown): Answer => ({ status: 200, type: JSON_TYPE, body: JSON.stringify(value) });

/** Returns a problem document. */
export function problem(type: ProblemType, detail: string, more: Readonly<Record<string, unknown>> = {}): Answer {
  const [status, title] = PROBLEMS[type];
  const body = { type: `urn:bft-raft:problem:${type}`, title, status, detail, ...more };
  return {
    ...{ status, type: "application/problem+json", body: JSON.stringify(body) },
    ...(type === "method-not-allowed" ? { headers: { allow: "GET, HEAD" } } : {}),
  };
}

/** Returns the bytes of an answer after which the connection ends; to HEAD without the body. */
export function encodeAnswer({ status, type, body, headers = {} }: Answer, method: string): Uint8Array {
  const bytes = new TextEncoder().encode(body);
  const fields = {
    "content-type": type,
    "content-length": `${bytes.length}`,
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    connection: "close",
    ...headers,
  };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const head = new TextEncoder().encode(`HTTP/1.1 ${status} ${REASONS[status] ?? "Status"}\r\n${lines}\r\n`);
  if (method === "HEAD") return head;
  const all = new Uint8Array(head.length + bytes.length);
  all.set(head);
  all.set(bytes, head.length);
  return all;
}
