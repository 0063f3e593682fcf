/** Reading of requests: what they name, and bodies within bounds. */
import { concatBytes } from "../../protocol/bytes/concat_bytes.ts";
import { GATEWAY_LIMITS } from "./limits.ts";
import { Problem } from "./problems.ts";

/** Prefix of the paths of keys. */
export const KEY_PATH = "/v1/kv/";

/** Returns the key that the path of a request names. Throws {@linkcode Problem} if its bytes are no UTF-8. */
export function keyOf(request: Request): string {
  const { pathname } = new URL(request.url);
  const given = pathname.slice(KEY_PATH.length);
  try {
    return decodeURIComponent(given);
  } catch {
    throw new Problem(
      "bad-request",
      `key was given ${JSON.stringify(given.slice(0, 100))}; wanted percent-encoded UTF-8`,
    );
  }
}

/** Returns a query parameter that is a whole number; undefined if it is not given. */
export function numberOf(request: Request, name: string, least: number, most: number): number | undefined {
  const given = new URL(request.url).searchParams.get(name);
  if (given === null) return undefined;
  const value = /^\d{1,16}$/.test(given) ? Number(given) : NaN;
  if (value >= least && value <= most) return value;
  throw new Problem(
    "bad-request",
    `${name} was given ${JSON.stringify(given.slice(0, 40))}; wanted a whole number from ${least} to ${most}`,
  );
}

/** Returns how long a request may take, and what ends it when its sender goes. */
export function deadlineOf(request: Request): { readonly timeoutMs: number; readonly signal: AbortSignal } {
  const timeoutMs = numberOf(request, "timeoutMs", 1, GATEWAY_LIMITS.maxTimeoutMs) ?? GATEWAY_LIMITS.timeoutMs;
  return { timeoutMs, signal: request.signal };
}

/** Returns the revision that a header names, `"12"`; undefined if it is not given, `*` for any. */
export function revisionIn(request: Request, header: "if-match" | "if-none-match"): number | "*" | undefined {
  const given = request.headers.get(header)?.trim();
  if (given === undefined) return undefined;
  if (given === "*") return "*";
  const digits = /^"(\d{1,16})"$/.exec(given)?.[1];
  if (digits !== undefined) return Number(digits);
  throw new Problem(
    "bad-request",
    `${header} was given ${JSON.stringify(given.slice(0, 60))}; wanted one revision in quotes, as in ETag, or *`,
  );
}

/** Returns the body of a request. Throws {@linkcode Problem} once it is longer than `maxBytes`, before the rest is read. */
export async function bodyOf(request: Request, maxBytes: number): Promise<Uint8Array> {
  const tooLarge = () =>
    new Problem("too-large", `body was given with more than ${maxBytes} bytes; wanted at most that`, { maxBytes });
  if (Number(request.headers.get("content-length") ?? 0) > maxBytes) throw tooLarge();
  if (request.body === null) return new Uint8Array();
  const reader = request.body.getReader();
  // A reader that is cancelled tells of an end as if the body were whole.
  let isLate = false;
  const late = setTimeout(() => {
    isLate = true;
    reader.cancel(new Error("late")).catch(() => {});
  }, GATEWAY_LIMITS.bodyMs);
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      size += next.value.length;
      if (size > maxBytes) throw tooLarge();
      chunks.push(next.value);
    }
  } finally {
    clearTimeout(late);
    reader.cancel().catch(() => {});
  }
  if (isLate) throw new Problem("bad-request", "body was not there in time");
  return concatBytes(chunks);
}

/** Returns the JSON of a request's body. Throws {@linkcode Problem} if it is of another type, too long or none. */
export async function jsonOf(request: Request): Promise<unknown> {
  const type = request.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase() ?? "none";
  if (type !== "application/json") {
    throw new Problem(
      "unsupported-media-type",
      `content-type was given ${JSON.stringify(type.slice(0, 60))}; wanted application/json`,
    );
  }
  const bytes = await bodyOf(request, GATEWAY_LIMITS.maxJsonBytes);
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new Problem("bad-request", "body was given with what is no JSON; wanted JSON in UTF-8");
  }
}

/** Returns an answer in JSON. */
export const json = (value: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Response =>
  new Response(JSON.stringify(value), { status, headers: { "content-type": "application/json", ...headers } });
