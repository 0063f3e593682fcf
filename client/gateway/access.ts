/** Rules of who may use a gateway: bearer tokens, the host that is asked for, and pages of other sites. */
import { timingSafeEqual } from "@std/crypto/timing-safe-equal";
import { sha256 } from "../../crypto/digest.ts";
import type { Access } from "../../protocol/ports.ts";
import { Problem } from "./problems.ts";
import type { Token } from "./tokens.ts";

/** A gateway's rules. */
export interface AccessRules {
  /** Tokens that are let in; null if none is needed. */
  readonly tokens: readonly Token[] | null;
  /** Names by which the gateway may be asked for; null for any. Where no token is needed, another name is a page's that was made to resolve here. */
  readonly hosts: ReadonlySet<string> | null;
}

/** Refuses a request that is not to be served, and returns the rights of who sent it. Throws {@linkcode Problem}. */
export function requireAccess(rules: AccessRules, request: Request): Access {
  requireHost(rules, request);
  if (request.method !== "GET" && request.method !== "HEAD" && request.headers.get("sec-fetch-site") === "cross-site") {
    throw new Problem("forbidden", "the request comes from a page of another site; wanted one of this gateway's own");
  }
  if (rules.tokens === null) return null;
  const token = tokenOf(rules.tokens, request);
  if (token !== null) return token.access;
  throw new Problem("unauthorized", "Authorization was given no token that is known; wanted Bearer and a token");
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

/** Returns the token that a request has, or null. Compares with every one, in the same time whatever is given. */
function tokenOf(tokens: readonly Token[], request: Request): Token | null {
  const given = /^Bearer +([\x21-\x7e]+)$/i.exec(request.headers.get("authorization") ?? "")?.[1] ?? "";
  const digest = sha256(new TextEncoder().encode(given));
  let found: Token | null = null;
  for (const token of tokens) found = timingSafeEqual(digest, token.digest) ? token : found;
  return found;
}
