/** A real cluster behind a mesh, a client, and a server with the dashboard on it, all on loopback. */
import { dashboardHandler, DashboardSource, isDashboardPath, timed } from "../../client/gateway/dashboard/mod.ts";
import type { Client } from "../../client/mod.ts";
import { PORTS_PER_REPLICA } from "../../crypto/roster/generate_cluster.ts";
import { PlayController } from "../../tasks/play/play_controller.ts";
import { findFreePorts } from "../../tasks/support/free_ports.ts";
import { LocalCluster } from "../../tasks/support/local_cluster.ts";
import { answerKv } from "./kv_stub.ts";

const REPLICAS = 4;

export interface DashboardServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly cluster: LocalCluster;
  readonly client: Client;
  /** A client that writes beside the page. */
  readonly writer: Client;
  readonly play: PlayController;
  readonly source: DashboardSource;
  /** Ends the server, not the cluster. */
  stop(): Promise<void>;
  /** Serves again, at the same port. */
  serve(): void;
}

/** Starts all of it in `dir`. */
export async function startDashboard(dir: string): Promise<DashboardServer> {
  const stack = new AsyncDisposableStack();
  try {
    // A mesh takes the ports above the roster's, as many again for each replica.
    const basePort = findFreePorts(REPLICAS * PORTS_PER_REPLICA * (REPLICAS + 1));
    const cluster = stack.use(await LocalCluster.open({ dir, replicas: REPLICAS, clients: 4, basePort }));
    const play = stack.use(new PlayController(cluster));
    await play.startAll();
    const [client, writer] = [await cluster.client("c1"), await cluster.client("c2")];
    const source = new DashboardSource({ client, play });
    stack.defer(() => source.close());
    const port = findFreePorts(1);
    const served = { server: serve(client, source, port) };
    stack.defer(() => served.server.shutdown());
    stack.defer(() => source.close());
    return {
      ...{ url: `http://127.0.0.1:${port}/`, port, cluster, client, writer, play, source },
      stop: async () => await served.server.shutdown(),
      serve: () => void (served.server = serve(client, source, port)),
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

function serve(client: Client, source: DashboardSource, port: number): Deno.HttpServer {
  const dashboard = dashboardHandler(source);
  const handler = timed(source.latency, async (request) => {
    const { pathname } = new URL(request.url);
    return await (isDashboardPath(pathname) ? dashboard(request) : answerKv(client, request));
  });
  return Deno.serve({ hostname: "127.0.0.1", port, onListen: () => {} }, handler);
}
