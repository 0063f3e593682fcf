/** A gateway before a whole cluster in one process. */
import type { AccessRules } from "../../client/gateway/access.ts";
import { createApp, type GatewayApp } from "../../client/gateway/app.ts";
import { startGateway } from "../../client/gateway/mod.ts";
import type { Client } from "../../client/mod.ts";
import { MemoryCluster } from "../support/memory_cluster.ts";

export const ORIGIN = "http://localhost";

/** A gateway without sockets. */
export interface GatewayLab {
  readonly cluster: MemoryCluster;
  readonly client: Client;
  readonly app: GatewayApp;
  /** Sends a request, and returns its status, body and headers. */
  ask(method: string, path: string, init?: Omit<RequestInit, "method">): Promise<Asked>;
}

export interface Asked {
  readonly status: number;
  readonly text: string;
  /** The body, where it is JSON. */
  // deno-lint-ignore no-explicit-any -- tests say what they expect
  readonly json: any;
  readonly headers: Headers;
}

const OPEN: AccessRules = { tokens: null, hosts: null };

/** Runs `body` with a gateway. */
export async function withGateway(body: (lab: GatewayLab) => Promise<void>, rules: AccessRules = OPEN): Promise<void> {
  await using cluster = MemoryCluster.start();
  const client = cluster.client("c1");
  const app = createApp(client, rules);
  try {
    await body({
      ...{ cluster, client, app },
      async ask(method, path, init = {}) {
        return await asked(await app.fetch(new Request(`${ORIGIN}${path}`, { ...init, method })));
      },
    });
  } finally {
    app.close();
  }
}

export async function asked(response: Response): Promise<Asked> {
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.includes("json") ?? false;
  return {
    status: response.status,
    text,
    json: isJson && text !== "" ? JSON.parse(text) : null,
    headers: response.headers,
  };
}

/** Runs `body` with a gateway that is served at a port of this machine. */
export async function withServedGateway(
  body: (url: string, lab: Pick<GatewayLab, "cluster" | "client">) => Promise<void>,
): Promise<void> {
  await using cluster = MemoryCluster.start();
  const client = cluster.client("c1");
  const gateway = startGateway(client, { hostname: "127.0.0.1", port: 0, tokens: null, open: false, tls: null });
  try {
    await body(gateway.url, { cluster, client });
  } finally {
    await gateway.close();
  }
}

/** One event of a stream, by the rules of EventSource. */
export interface SentEvent {
  readonly id: string;
  readonly event: string;
  // deno-lint-ignore no-explicit-any -- tests say what they expect
  readonly data: any;
}

/** Yields the events of a stream; comments are passed over. */
export async function* eventsOf(response: Response): AsyncGenerator<SentEvent> {
  let rest = "";
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    const blocks = (rest + chunk).split(/\r\n\r\n|\n\n|\r\r/);
    rest = blocks.pop()!;
    for (const block of blocks) {
      const fields = new Map<string, string>();
      for (const line of block.split(/\r\n|\n|\r/)) {
        const [, name = "", value = ""] = /^([^:]*)(?:: ?(.*))?$/.exec(line) ?? [];
        if (name !== "") fields.set(name, value);
      }
      const data = fields.get("data");
      if (data !== undefined) {
        yield { id: fields.get("id") ?? "", event: fields.get("event") ?? "message", data: JSON.parse(data) };
      }
    }
  }
}

/** Reads `count` events. */
export async function take(response: Response, count: number): Promise<SentEvent[]> {
  const events: SentEvent[] = [];
  for await (const event of eventsOf(response)) {
    events.push(event);
    if (events.length === count) break;
  }
  return events;
}
