/** A real cluster behind a mesh, a client, and a gateway with the dashboard on it, all on loopback. */
import { type Gateway, startGateway } from "../../client/gateway/mod.ts";
import type { Client } from "../../client/mod.ts";
import { PORTS_PER_REPLICA } from "../../crypto/roster/generate_cluster.ts";
import { PlayController } from "../../tasks/play/play_controller.ts";
import { findFreePorts } from "../../tasks/support/free_ports.ts";
import { LocalCluster } from "../../tasks/support/local_cluster.ts";

const REPLICAS = 4;

export interface DashboardServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly cluster: LocalCluster;
  readonly client: Client;
  /** A client that writes beside the page. */
  readonly writer: Client;
  readonly play: PlayController;
  /** Ends the gateway, not the cluster. */
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
    const port = findFreePorts(1);
    const served = { now: serve(client, play, port) };
    stack.defer(() => served.now.close());
    return {
      ...{ url: `http://127.0.0.1:${port}/`, port, cluster, client, writer, play },
      stop: () => served.now.close(),
      serve: () => void (served.now = serve(client, play, port)),
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

function serve(client: Client, play: PlayController, port: number): Gateway {
  return startGateway(client, { hostname: "127.0.0.1", port, tokens: null, open: false, tls: null, play });
}
