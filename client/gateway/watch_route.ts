/** Watches over HTTP, as server-sent events. */
import type { Access } from "../../protocol/ports.ts";
import type { KvWatch } from "../../state_machine/mod.ts";
import type { Client } from "../client_types.ts";
import { GATEWAY_LIMITS } from "./limits.ts";
import { Problem, problemOf } from "./problems.ts";
import { deadlineOf, numberOf } from "./requests.ts";
import { requireWatch } from "./rights.ts";
import { encodeEvent, idOf, KEEP_ALIVE } from "./sse.ts";
import { storeAt } from "./store_at.ts";
import type { Listener, WatchHub } from "./watch_hub.ts";

/**
 * `GET /v1/watch?prefix=|key=&from=`: changes of the keys, each once and in order. `from` N begins with revision N; a `Last-Event-ID` of N goes on with N + 1;
 * without either it begins behind the store's revision.
 */
export async function watchKeys(
  client: Client,
  hub: WatchHub,
  request: Request,
  access: Access,
): Promise<Response> {
  const watch = watchOf(request);
  requireWatch(access, watch);
  const { revision: storeRevision, readsAll } = await storeAt(client, deadlineOf(request));
  if (!readsAll) await requireReadable(client, watch, request);
  const { cluster, epoch } = client.roster;
  const from = firstOf(request, cluster) ?? storeRevision + 1;
  if (from > storeRevision + 1) {
    throw new Problem(
      "other-history",
      `from is revision ${from}; the store is at ${storeRevision}, so it comes from another history`,
      { wanted: from, storeRevision },
    );
  }
  const gone = new AbortController();
  const signal = AbortSignal.any([request.signal, gone.signal]);
  const listener = await hub.open(watch, from, signal, readsAll);
  const hello = encodeEvent("hello", { cluster, epoch, revision: from - 1 }, idOf(cluster, from - 1));
  const end = () => {
    gone.abort();
    hub.close(listener);
  };
  return new Response(streamOf(listener, hello, end), {
    headers: { "content-type": "text/event-stream", "cache-control": "no-store", "x-accel-buffering": "no" },
  });
}

/** Refuses a watch that the gateway's key may not have by the roster in force: what reads the same keys is refused likewise. */
async function requireReadable(client: Client, watch: KvWatch, request: Request): Promise<void> {
  if ("key" in watch) await client.get(watch.key, deadlineOf(request));
  else await client.list(watch.prefix, { limit: 1, ...deadlineOf(request) });
}

function watchOf(request: Request): KvWatch {
  const { searchParams } = new URL(request.url);
  const [key, prefix] = [searchParams.get("key"), searchParams.get("prefix")];
  if (key !== null && prefix !== null) {
    throw new Problem("bad-request", "key and prefix were given; wanted one of them");
  }
  if (key === "") throw new Problem("bad-request", "key was given empty; wanted one of 1 to 1024 bytes");
  return key === null ? { prefix: prefix ?? "" } : { key };
}

/** Returns the first revision that is wanted, or undefined if none is named. */
function firstOf(request: Request, cluster: string): number | undefined {
  const last = request.headers.get("last-event-id");
  if (last === null || last === "") return numberOf(request, "from", 1, Number.MAX_SAFE_INTEGER);
  const [, digits, of] = /^(\d{1,16})(?:\.(.+))?$/.exec(last) ?? [];
  if (digits === undefined) {
    throw new Problem(
      "bad-request",
      `Last-Event-ID was given ${JSON.stringify(last.slice(0, 60))}; wanted the id of an event`,
    );
  }
  if (of !== undefined && of !== cluster) {
    throw new Problem(
      "other-history",
      `Last-Event-ID is of cluster ${of.slice(0, 60)}, this is ${cluster}: list the keys anew`,
    );
  }
  return Number(digits) + 1;
}

/** Returns the stream of a listener's events. Nothing is taken from it before the one before was read, so that what waits is counted there. */
function streamOf(listener: Listener, hello: Uint8Array, end: () => void): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(hello),
    async pull(controller) {
      try {
        controller.enqueue(await listener.next(GATEWAY_LIMITS.keepAliveMs) ?? KEEP_ALIVE);
      } catch (error) {
        const problem = problemOf(error);
        if (problem.type === "revision-gone") {
          controller.enqueue(encodeEvent("gone", { detail: problem.message, ...problem.more }));
        }
        end();
        controller.close();
      }
    },
    cancel: end,
  }, { highWaterMark: 1 });
}
