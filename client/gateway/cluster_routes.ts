/** The log, the state of the replicas, and health, over HTTP. */
import type { Access } from "../../protocol/ports.ts";
import type { Client } from "../client_types.ts";
import { GATEWAY_LIMITS } from "./limits.ts";
import { Problem } from "./problems.ts";
import { deadlineOf, json } from "./requests.ts";
import { requireReadsAll } from "./rights.ts";
import { storeAt } from "./store_at.ts";

/** `GET /v1/log/{index}`: the entry committed there, as f + 1 replicas say alike. */
export async function getEntry(client: Client, request: Request, access: Access): Promise<Response> {
  requireReadsAll(access, "an entry of the log");
  const given = new URL(request.url).pathname.slice("/v1/log/".length);
  const index = /^\d{1,16}$/.test(given) ? Number(given) : NaN;
  if (!(index >= 1)) {
    throw new Problem(
      "bad-request",
      `index was given ${JSON.stringify(given.slice(0, 40))}; wanted a whole number from 1`,
    );
  }
  const entry = await client.getCommittedCommand(index, deadlineOf(request));
  if (!entry.committed) {
    throw new Problem(
      "not-found",
      `nothing is committed at index ${index}; the log is committed up to ${entry.commitIndex}`,
      { commitIndex: entry.commitIndex },
    );
  }
  const { term, hash, commands, statements } = entry;
  const shown = commands.map((request) =>
    "command" in request ? { ...request, command: request.command.toBase64() } : request
  );
  return json({ index, term, hash, commands: shown, ...(statements === undefined ? {} : { statements }) });
}

/** `GET /v1/status`: each replica's own view. */
export async function getStatus(client: Client, request: Request): Promise<Response> {
  const { cluster, epoch } = client.roster;
  return json({ cluster, epoch, replicas: await client.getStatus(deadlineOf(request)) }, 200, {
    "cache-control": "no-store",
  });
}

/** `GET /readyz`: whether the cluster answers, by a read that takes its place in the log like any. */
export async function ready(client: Client, request: Request): Promise<Response> {
  const { timeoutMs, signal } = deadlineOf(request);
  const { revision } = await storeAt(client, { signal, timeoutMs: Math.min(timeoutMs, GATEWAY_LIMITS.timeoutMs) });
  return json({ ready: true, storeRevision: revision });
}
