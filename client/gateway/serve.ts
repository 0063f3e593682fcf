/** Serving a gateway at an address. */
import type { Client } from "../client_types.ts";
import { UsageError } from "../errors.ts";
import { createApp } from "./app.ts";
import type { PlayControl } from "./dashboard/mod.ts";
import type { Token } from "./tokens.ts";

/** The address at which a gateway is served, and to whom. */
export interface GatewayOptions {
  readonly hostname: string;
  /** 0 for any that is free. */
  readonly port: number;
  /** Tokens that are let in, as `parseTokens` gives them; null for none. */
  readonly tokens: readonly Token[] | null;
  /** True to serve without tokens at another address than this machine's own. */
  readonly open: boolean;
  /** Certificate and key in PEM; null for none. */
  readonly tls: { readonly cert: string; readonly key: string } | null;
  /** Breaks and mends the replicas of a cluster that is there for it; only at an address of this machine. */
  readonly play?: PlayControl | null;
}

/** A gateway that is served. */
export interface Gateway {
  /** Its address, as browsers take it. */
  readonly url: string;
  /** Resolves once it has ended. */
  readonly finished: Promise<void>;
  /** Answers what is under way, ends watches, and closes. The client stays open. */
  close(): Promise<void>;
}

const LOOPBACK = ["localhost", "127.0.0.1", "::1"];

/** Serves a gateway. Throws {@linkcode UsageError} where it would be open to others without being told to. */
export function startGateway(client: Client, options: GatewayOptions): Gateway {
  const { hostname, port, tokens, open, tls, play = null } = options;
  const isLocal = LOOPBACK.includes(hostname);
  if (tokens === null && !isLocal && !open) {
    throw new UsageError(
      `--http: given ${hostname} without --tokens, so that whoever reaches it could write; wanted --tokens FILE, an address of this machine alone, or --open`,
    );
  }
  if (play !== null && !isLocal) {
    throw new UsageError(
      `--play: given with --http at ${hostname}, wanted an address of this machine alone, as 127.0.0.1`,
    );
  }
  const hosts = tokens === null && isLocal ? new Set([...LOOPBACK, "[::1]", hostname]) : null;
  const app = createApp(client, { tokens, hosts }, play);
  const server = Deno.serve({ hostname, port, onListen: () => {}, ...(tls ?? {}) }, (request) => app.fetch(request));
  const shown = hostname.includes(":") ? `[${hostname}]` : hostname;
  return {
    url: `${tls === null ? "http" : "https"}://${shown}:${(server.addr as Deno.NetAddr).port}`,
    finished: server.finished,
    async close() {
      app.close();
      await server.shutdown();
    },
  };
}
