/** `deno task demo`: a cluster of four replica processes and a client process, in which a leader is killed and another one lies. */
import { OutputError } from "../client/cli/common/standard_streams.ts";
import { ConfigError } from "../crypto/config_error.ts";
import { PORTS_PER_REPLICA } from "../crypto/roster/generate_cluster.ts";
import { byzantineLeader, compareAll, killLeader, restart, writeAndRead } from "./demo/acts.ts";
import { ClientProcess } from "./demo/client_process.ts";
import type { DemoContext } from "./demo/context.ts";
import { findFreePorts } from "./support/free_ports.ts";
import { LocalCluster } from "./support/local_cluster.ts";
import { Observer } from "./support/observer.ts";
import { EXIT_DONE, EXIT_FAILED, runTask } from "./support/run_task.ts";

const REPLICAS = 4;
const CLIENTS = 2;
const TITLE_WIDTH = 10;
const USAGE =
  `Shows a cluster of four replica processes and a client process on loopback: first the leader is killed, then a Byzantine one
is exposed by the honest replicas. One line a step, about twenty seconds.

Usage: demo

  --help   this text

Exit codes: 0 all went as expected, 1 it did not, 2 wrong usage.
`;
const SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGTERM", "SIGINT"];

/** Plays the whole demo; `say` gets each step. Everything started is put on `started`, which the caller disposes of. */
async function play(dir: string, say: DemoContext["say"], started: AsyncDisposableStack): Promise<void> {
  const basePort = findFreePorts(REPLICAS * PORTS_PER_REPLICA);
  const plan = { dir, replicas: REPLICAS, clients: CLIENTS, basePort };
  const cluster = started.use(await LocalCluster.open(plan));
  say("keys", `operator, ${REPLICAS} replicas, ${CLIENTS} clients; signed roster of cluster ${cluster.roster.cluster}`);
  await cluster.startAll();
  const pids = cluster.ids.map((id) => `${id} (pid ${cluster.process(id).pid})`);
  const client = started.use(new ClientProcess(cluster, "c1"));
  say("start", `${pids.join(", ")}, client c1 (pid ${client.pid})`);
  const context: DemoContext = { cluster, client, observer: await Observer.of(cluster, "c2"), say };
  await writeAndRead(context);
  const killed = await killLeader(context);
  await restart(context, killed);
  await compareAll(context, await byzantineLeader(context));
}

async function demo(args: readonly string[], print: (line: string) => void): Promise<number> {
  if (args.length > 0) throw new ConfigError(`given ${args.join(" ")}, wanted no arguments`);
  const started = performance.now();
  const say = (title: string, text: string) => print(`${seconds(started)}  ${title.padEnd(TITLE_WIDTH)}  ${text}`);
  const dir = await Deno.makeTempDir({ prefix: "bft-raft-demo-" });
  await using cleanup = new AsyncDisposableStack();
  cleanup.defer(() => Deno.remove(dir, { recursive: true }));
  try {
    await Promise.race([play(dir, say, cleanup), interrupted()]);
  } catch (error) {
    if (error instanceof OutputError) throw error;
    console.error(`demo FAILED: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`);
    return EXIT_FAILED;
  }
  await cleanup.disposeAsync();
  say(
    "done",
    "one killed and one Byzantine leader; nothing was lost and nothing differs; processes and files are gone",
  );
  return EXIT_DONE;
}

/** Rejects when the user ends the demo. */
function interrupted(): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  for (const name of SIGNALS) Deno.addSignalListener(name, () => reject(new Error(`interrupted by ${name}`)));
  return promise;
}

const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1).padStart(5)} s`;

if (import.meta.main) Deno.exit(await runTask({ name: "demo", usage: USAGE, run: demo }));
