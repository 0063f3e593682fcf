/** Serves a cluster that is there to be broken: replicas behind a mesh, and a gateway in this process, whose dashboard has the buttons. */
import { httpAddress } from "../../client/cli/commands/serve.ts";
import { startGateway } from "../../client/gateway/mod.ts";
import { UsageError } from "../../client/mod.ts";
import { ConfigError } from "../../crypto/config_error.ts";
import type { LocalCluster } from "../support/local_cluster.ts";
import { busyMeshAddress } from "./mesh.ts";
import { PlayController, type PlayOptions } from "./play_controller.ts";

/** A play that runs; disposed of before the cluster. */
export interface ServedPlay extends AsyncDisposable {
  /** Address of the dashboard. */
  readonly url: string;
}

/** Starts all replicas of `cluster`, and serves the gateway as client c1 at `http`. Throws `ConfigError` where an address is not to be had, or not of this machine. */
export async function servePlay(cluster: LocalCluster, http: string, options: PlayOptions): Promise<ServedPlay> {
  const busy = busyMeshAddress(cluster.roster.replicas);
  if (busy !== null) {
    const wanted = "wanted the ports above the roster's free for --play, a block of the same length for each replica";
    throw new ConfigError(`port ${busy.port} of ${busy.hostname}: given one that ${busy.reason}, ${wanted}`);
  }
  await using stack = new AsyncDisposableStack();
  const play = stack.use(new PlayController(cluster, options));
  const client = await cluster.client("c1");
  const gateway = refusingWrongUse(() =>
    startGateway(client, { ...httpAddress(http), tokens: null, open: false, tls: null, play })
  );
  stack.defer(() => gateway.close());
  await play.startAll();
  const kept = stack.move();
  return { url: gateway.url, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

function refusingWrongUse<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof UsageError) throw new ConfigError(error.message, { cause: error });
    if (error instanceof Deno.errors.AddrInUse) throw new ConfigError(`--http: another process listens there already`);
    throw error;
  }
}
