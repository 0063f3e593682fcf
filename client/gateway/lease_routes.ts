/** Leases over HTTP. All users of a gateway share those of its key: tokens with rules may use them where they may write all keys. */
import type { Access } from "../../protocol/ports.ts";
import { KV_LIMITS } from "../../state_machine/mod.ts";
import { isRecord, type Json } from "../calls/json_payload.ts";
import type { Client } from "../client_types.ts";
import { Problem } from "./problems.ts";
import { deadlineOf, json, jsonOf, numberOf } from "./requests.ts";
import { requireLeases, requireReadsAll } from "./rights.ts";

const LEASE_PATH = "/v1/leases/";

/** `POST /v1/leases` with `{"ttlMs": N}`: grants a lease. */
export async function grantLease(client: Client, request: Request, access: Access): Promise<Response> {
  requireLeases(access);
  const ttlMs = ttlOf(await jsonOf(request) as Json);
  const granted = await client.grantLease(ttlMs, deadlineOf(request));
  return json(shown(granted), 201, { location: `${LEASE_PATH}${granted.lease}` });
}

/** `GET /v1/leases?after=&limit=`: the leases of all clients by ascending numbers. */
export async function listLeases(client: Client, request: Request, access: Access): Promise<Response> {
  requireReadsAll(access, "a list of leases");
  const after = numberOf(request, "after", 0, Number.MAX_SAFE_INTEGER) ?? 0;
  const limit = numberOf(request, "limit", 1, KV_LIMITS.maxListLimit) ?? 100;
  const { items, more } = await client.listLeases({ after, limit, ...deadlineOf(request) });
  return json({ more, items }, 200, { "cache-control": "no-store" });
}

/** `GET /v1/leases/{id}`: one of them. */
export async function getLease(client: Client, request: Request, access: Access): Promise<Response> {
  requireReadsAll(access, "a list of leases");
  const lease = leaseOf(request);
  const { items } = await client.listLeases({ after: lease - 1, limit: 1, ...deadlineOf(request) });
  if (items[0]?.lease !== lease) throw new Problem("lease-not-found", `there is no lease ${lease}; it may have ended`);
  return json(items[0], 200, { "cache-control": "no-store" });
}

/** `POST /v1/leases/{id}/keepalive`: has a lease last for its whole time again. */
export async function renewLease(client: Client, request: Request, access: Access): Promise<Response> {
  requireLeases(access);
  return json(shown(await client.renewLease(leaseOf(request), deadlineOf(request))));
}

/** `DELETE /v1/leases/{id}`: ends a lease now, and deletes its keys. */
export async function revokeLease(client: Client, request: Request, access: Access): Promise<Response> {
  requireLeases(access);
  const { revision, index } = await client.revokeLease(leaseOf(request), deadlineOf(request));
  return json({ revision, index });
}

const shown = ({ lease, ttlMs, index }: Awaited<ReturnType<Client["grantLease"]>>) => ({ lease, ttlMs, index });

function ttlOf(body: Json): number {
  const ttlMs = isRecord(body) && Object.keys(body).length === 1 ? body["ttlMs"] : undefined;
  if (typeof ttlMs === "number") return ttlMs;
  const { minLeaseMs, maxLeaseMs } = KV_LIMITS;
  throw new Problem(
    "bad-request",
    `body was given ${JSON.stringify(body).slice(0, 100)}; wanted {"ttlMs": ${minLeaseMs} to ${maxLeaseMs}}`,
  );
}

/** Returns the number of the lease that the path of a request names. */
function leaseOf(request: Request): number {
  const [given = ""] = new URL(request.url).pathname.slice(LEASE_PATH.length).split("/");
  const lease = /^\d{1,16}$/.test(given) ? Number(given) : NaN;
  if (lease >= 1 && lease <= Number.MAX_SAFE_INTEGER) return lease;
  throw new Problem("bad-request", `lease was given ${JSON.stringify(given.slice(0, 40))}; wanted its number, from 1`);
}
