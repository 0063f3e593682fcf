/** `deno task cluster`: a whole cluster on this machine, until Ctrl-C. A second start continues with the same keys and data. */
import { ConfigError } from "../crypto/config_error.ts";
import { pathExists } from "../crypto/files.ts";
import { DEFAULT_BASE_PORT, PORTS_PER_REPLICA } from "../crypto/roster/generate_cluster.ts";
import type { Roster } from "../crypto/roster/roster_types.ts";
import { CRASH_WARNING } from "../protocol/config.ts";
import type { Profile } from "../protocol/quorum.ts";
import { profileOf } from "./keygen/constants.ts";
import { servePlay } from "./play/serve_play.ts";
import type { DenoProcess } from "./support/deno_process.ts";
import { readFlags, wholeNumber } from "./support/flags.ts";
import { type Address, busyAddress } from "./support/free_ports.ts";
import { LocalCluster } from "./support/local_cluster.ts";
import { parseEvent } from "./support/process_events.ts";
import { EXIT_DONE, EXIT_FAILED, printLine, runTask } from "./support/run_task.ts";

/** Address of the dashboard of a play, where none is given. */
const PLAY_HTTP = "127.0.0.1:8080";
const USAGE = `Runs a whole cluster on this machine until Ctrl-C.

Usage: cluster [options]

  --dir DIR          keys and data, made if missing (default .cluster); a second start goes on with them
  --replicas N       replicas of a new cluster (default 4; 3f+1 tolerate f faulty ones)
  --profile NAME     of a new cluster: byzantine (default), or crash: plain Raft, where no replica may lie (docs/dial.md)
  --clients N        client keys of a new cluster (default 4)
  --base-port PORT   first port of a new cluster (default ${DEFAULT_BASE_PORT}); each replica takes ${PORTS_PER_REPLICA}
  --http HOST:PORT   serve the key-value store there over HTTP, as client c1 (docs/gateway.md); HOST is one of this machine's own
  --play             break and mend replicas on the dashboard (docs/dashboard.md), at --http or ${PLAY_HTTP}; the ports above
                     the roster's are taken too
  --log-level LEVEL  of the replicas: error, warn, info or debug (default info)
  --help             this text

Flags of a new cluster may be repeated for the same one, but not contradict it: another cluster needs another --dir.
Exit codes: 0 stopped, 1 all replicas ended by themselves, 2 wrong usage or configuration.
`;

const STRINGS = ["dir", "profile", "replicas", "clients", "base-port", "http", "log-level"] as const;
const HOST = "127.0.0.1";
/** Time in which the gateway has to be there, in milliseconds. */
const GATEWAY_MS = 30_000;
const SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGTERM", "SIGINT"];

/** Numbers of a cluster that are fixed once its roster is signed; undefined if not given. */
interface Shape {
  readonly replicas: number | undefined;
  readonly clients: number | undefined;
  readonly basePort: number | undefined;
  readonly profile: Profile | undefined;
}

/** Runs the task and returns its exit code. */
async function runCluster(args: readonly string[]): Promise<number> {
  const flags = readFlags(args, STRINGS, ["play"]);
  const dir = flags.dir ?? ".cluster";
  const ended = await serve(dir, {
    replicas: wholeNumber("replicas", flags.replicas),
    clients: wholeNumber("clients", flags.clients),
    basePort: wholeNumber("base-port", flags["base-port"]),
    profile: flags.profile === undefined ? undefined : profileOf(flags.profile),
  }, { level: flags["log-level"], http: flags.http, play: flags.play });
  printLine(ended.ended);
  return ended.exitCode;
}

/** Choices that may differ from start to start. */
interface Choices {
  readonly level: string | undefined;
  readonly http: string | undefined;
  readonly play: boolean;
}

async function serve(dir: string, given: Shape, { level, http, play }: Choices): Promise<Ended> {
  const { replicas = 4, clients = 4, basePort = DEFAULT_BASE_PORT, profile = "byzantine" } = given;
  // Before there are keys and a roster with these ports, which a later start would have to go on with.
  if (!pathExists(`${dir}/cluster.json`)) requireFree(newAddresses(basePort, replicas), "wanted another --base-port");
  await using cluster = await LocalCluster.open({ dir, replicas, clients, basePort, constants: { profile } });
  const { roster, isNew, ids } = cluster;
  requireSame(dir, given, roster);
  if (!isNew) {
    requireFree(addressesOf(roster), `wanted those of ${dir}/cluster.json free: does this cluster run already?`);
  }
  if (roster.constants.profile === "crash") printLine(`warning: ${CRASH_WARNING}`);
  printLine(`${isNew ? "made keys of" : "found"} cluster ${roster.cluster} with ${ids.length} replicas in ${dir}`);
  const stopped = onSignal();
  const levels = level ? ["--log-level", level] : [];
  const start = async (id: string) => follow(id, await cluster.start(id, ...levels));
  await using stack = new AsyncDisposableStack();
  const begun = play
    ? startPlay(stack, cluster, http ?? PLAY_HTTP, levels)
    : Promise.all(ids.map(start)).then(async (all) => {
      if (http !== undefined) await startGateway(cluster, http);
      return await whenAllEnd(all, dir);
    });
  const ended = await Promise.race([stopped, begun]);
  // Behind the ^C that a terminal shows.
  printLine(`${stopping && Deno.stdout.isTerminal() ? "\n" : ""}${ended.ending}`);
  return ended;
}

/** Starts a cluster to be broken, and its dashboard. It goes on whatever becomes of its replicas. */
async function startPlay(
  stack: AsyncDisposableStack,
  cluster: LocalCluster,
  http: string,
  flags: readonly string[],
): Promise<never> {
  const { url } = stack.use(await servePlay(cluster, http, { flags, onStart: follow }));
  printLine(`gateway of cluster ${cluster.roster.cluster} at ${url}`);
  printLine(`open ${url} and break it; Ctrl-C stops all`);
  return await new Promise(() => {});
}

/** Starts the gateway as a process of its own, and prints where it is. One that ends is reported, and the replicas go on. */
async function startGateway(cluster: LocalCluster, http: string): Promise<void> {
  const process = cluster.gateway("c1", http);
  process.stderr.onLine((line) => console.error(line));
  const line = await process.stdout.waitFor("the gateway", (line) => line.startsWith("gateway of"), GATEWAY_MS);
  printLine(line);
  process.exited.then(({ code }) => stopping || printLine(`the gateway ended by itself with exit code ${code}`));
}

/** Throws `ConfigError` if a flag contradicts the roster that is there. */
function requireSame(dir: string, given: Shape, { replicas, clients, constants: { profile } }: Roster): void {
  const found = { replicas: replicas.length, clients: clients.length, "base-port": replicas[0]!.peerPort, profile };
  const wanted = {
    ...{ replicas: given.replicas, clients: given.clients },
    ...{ "base-port": given.basePort, profile: given.profile },
  };
  for (const [name, value] of Object.entries(wanted)) {
    const there = found[name as keyof typeof found];
    if (value === undefined || value === there) continue;
    const other = "another cluster needs another --dir";
    throw new ConfigError(`--${name}: given ${value}, wanted ${there} as in ${dir}/cluster.json; ${other}`);
  }
}

const newAddresses = (basePort: number, replicas: number): Address[] =>
  Array.from({ length: replicas * PORTS_PER_REPLICA }, (_, i) => ({ hostname: HOST, port: basePort + i }));

const addressesOf = ({ replicas }: Roster): Address[] =>
  replicas.flatMap(({ host: hostname, peerPort, publishPort, clientPort }) =>
    [peerPort, publishPort, clientPort].map((port) => ({ hostname, port }))
  );

function requireFree(addresses: readonly Address[], wanted: string): void {
  const busy = busyAddress(addresses);
  if (busy === null) return;
  throw new ConfigError(`port ${busy.port} of ${busy.hostname}: given one that ${busy.reason}, ${wanted}`);
}

interface Ended {
  /** Printed before what is still running is ended. */
  readonly ending: string;
  /** Printed after that. */
  readonly ended: string;
  readonly exitCode: number;
}

/** Prints the replica's log lines as they arrive. */
function follow(id: string, process: DenoProcess): { readonly id: string; readonly process: DenoProcess } {
  printLine(`${id} is ready (pid ${process.pid})`);
  process.stderr.onLine((line) => {
    const event = parseEvent(line);
    // That they stop as told, and hand over to each other, is told in one line for all.
    if (!stopping || event?.level !== "info") console.error(line);
  });
  return { id, process };
}

/** Resolves when all replicas have ended. One that ends by itself is reported, and the others go on: the cluster tolerates that. */
async function whenAllEnd(
  replicas: readonly { readonly id: string; readonly process: DenoProcess }[],
  dir: string,
): Promise<Ended> {
  printLine(`try: deno task client --cluster ${dir}/cluster.json --key ${dir}/c1.key put hello world`);
  printLine("Ctrl-C stops all");
  await Promise.all(replicas.map(async ({ id, process }) => {
    const { code } = await process.exited;
    // Ctrl-C in a terminal reaches the replicas as well.
    if (!stopping) printLine(`${id} ended by itself with exit code ${code}`);
  }));
  return { ending: "all replicas ended by themselves", ended: "nothing runs any more", exitCode: EXIT_FAILED };
}

/** Set once the user has ended this task. */
let stopping = false;

function onSignal(): Promise<Ended> {
  const { promise, resolve } = Promise.withResolvers<Ended>();
  for (const name of SIGNALS) {
    Deno.addSignalListener(name, () => {
      if (stopping) return;
      stopping = true;
      resolve({
        ending: `${name}: stopping all`,
        ended: "stopped; a second start goes on with it",
        exitCode: EXIT_DONE,
      });
    });
  }
  return promise;
}

if (import.meta.main) Deno.exit(await runTask({ name: "cluster", usage: USAGE, run: runCluster }));
