/** Rules of who may use a gateway: bearer tokens, the host that is asked for, and pages of other sites. */
import { timingSafeEqual } from "@std/crypto/timing-safe-equal";
import { sha256 } from "../../crypto/digest.ts";
import { UsageError } from "../errors.ts";
import { Problem } from "./problems.ts";

/** A gateway's rules. */
export interface AccessRules {
  /** SHA-256 digests of the tokens that are let in; null if none is needed. */
  readonly tokens: readonly Uint8Array[] | null;
  /** Names by which the gateway may be asked for; null for any. Where no token is needed, another name is a page's that was made to resolve here. */
  readonly hosts: ReadonlySet<string> | null;
}

const MIN_TOKEN_CHARS = 16;
const MAX_TOKENS = 256;

/** Reads tokens, one a line; blank lines and those that begin with # are skipped. Throws {@linkcode UsageError}. */
export function parseTokens(text: string): Uint8Array[] {
  const lines = text.split(/\r?\n/).map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith("#"));
  if (lines.length === 0 || lines.length > MAX_TOKENS) {
    throw new UsageError(`--tokens: given a file with ${lines.length} tokens, wanted 1 to ${MAX_TOKENS}, one a line`);
  }
  const bad = lines.findIndex((line) => line.length < MIN_TOKEN_CHARS || !/^[\x21-\x7e]+$/.test(line));
  if (bad >= 0) {
    throw new UsageError(
      `--tokens: given token ${bad + 1} with ${
        lines[bad]!.length
      } characters, wanted at least ${MIN_TOKEN_CHARS} of visible ASCII`,
    );
  }
  return lines.map((line) => sha256(new TextEncoder().encode(line)));
}

/** Refuses a request that is not to be served. Throws {@linkcode Problem}. */
export function requireAccess(rules: AccessRules, request: Request): void {
  requireHost(rules, request);
  if (request.method !== "GET" && request.method !== "HEAD" && request.headers.get("sec-fetch-site") === "cross-site") {
    throw new Problem("forbidden", "the request comes from a page of another site; wanted one of this gateway's own");
  }
  if (rules.tokens !== null && !isLetIn(rules.tokens, request)) {
    throw new Problem("unauthorized", "Authorization was given no token that is known; wanted Bearer and a token");
  }
}

/** Refuses a request by a name that is none of this gateway's. Throws {@linkcode Problem}. */
export function requireHost({ hosts }: AccessRules, request: Request): void {
  const { hostname } = new URL(request.url);
  if (hosts === null || hosts.has(hostname)) return;
  throw new Problem(
    "forbidden",
    `Host was given ${JSON.stringify(hostname.slice(0, 100))}; wanted one of ${[...hosts].join(", ")}`,
  );
}

/** Compares with every token, in the same time whatever is given. */
function isLetIn(tokens: readonly Uint8Array[], request: Request): boolean {
  const given = /^Bearer +([\x21-\x7e]+)$/i.exec(request.headers.get("authorization") ?? "")?.[1] ?? "";
  const digest = sha256(new TextEncoder().encode(given));
  let found = false;
  for (const token of tokens) found = timingSafeEqual(digest, token) || found;
  return found;
}
