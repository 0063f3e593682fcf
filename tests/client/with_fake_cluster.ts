/** Runs a test body against a fake cluster and clients, and closes all of them whatever happens. */
import { type Client, type ClientOptions, ClosedError, createClient } from "../../client/mod.ts";
import { loadBackend } from "../../crypto/signing/load_backend.ts";
import { eventually } from "../../tasks/support/eventually.ts";
import { FakeCluster, type FakeClusterOptions } from "./fake_cluster.ts";

const { backend } = await loadBackend("auto");

/** Creates another client of the cluster under one of its keys. */
export type Connect = (key?: string, options?: Partial<ClientOptions>) => Client;

/** Time limit of a failing test; a passing one ends well before it. */
export const PATIENCE_MS = 10_000;
/** Pause between two looks at a condition. */
const POLL_MS = 5;

export async function withFakeCluster(
  options: FakeClusterOptions,
  body: (cluster: FakeCluster, connect: Connect) => Promise<void>,
): Promise<void> {
  const cluster = await FakeCluster.start(options);
  const open: Client[] = [];
  const connect: Connect = (key = "c1", changes = {}) => {
    const transport = cluster.transport();
    const client = createClient({ roster: cluster.roster, key: cluster.key(key), transport, backend, ...changes });
    open.push(client);
    return client;
  };
  try {
    await body(cluster, connect);
  } catch (fault) {
    // Calls that the failed test no longer waits for reject as clients close; unhandled, they would end its whole file in place of this fault.
    addEventListener("unhandledrejection", (event) => {
      if (event.reason instanceof ClosedError) event.preventDefault();
    });
    throw fault;
  } finally {
    await Promise.all(open.map((client) => client.close()));
    await cluster.close();
  }
}

/** Resolves once `condition` holds. Throws after ten seconds, naming `what`. */
export const until = (what: string, condition: () => boolean): Promise<true> =>
  eventually<boolean>(what, condition, PATIENCE_MS, POLL_MS);
