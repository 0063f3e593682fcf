/** `deno task cluster`: a whole cluster on this machine, until Ctrl-C. A second start continues with the same keys and data. */
import { ConfigError } from "../crypto/config_error.ts";
import type { DenoProcess } from "./support/deno_process.ts";
import { readFlags, wholeNumber } from "./support/flags.ts";
import { LocalCluster } from "./support/local_cluster.ts";

const USAGE = `Runs a whole cluster on this machine until Ctrl-C.

Usage: cluster [options]

  --dir DIR          keys and data, made if missing (default .cluster); a second start goes on with them
  --replicas N       replicas of a new cluster (default 4; 3f+1 tolerate f faulty ones)
  --clients N        client keys of a new cluster (default 4)
  --base-port PORT   first port of a new cluster (default 7000)
  --log-level LEVEL  of the replicas: error, warn, info or debug (default info)
  --help             this text

Exit codes: 0 stopped, 1 all replicas ended by themselves, 2 wrong usage or configuration.
`;

const STRINGS = ["dir", "replicas", "clients", "base-port", "log-level"] as const;
const EXIT_DONE = 0;
const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
const SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGTERM", "SIGINT"];

/** Runs the task and returns its exit code. */
async function runCluster(args: readonly string[]): Promise<number> {
  const flags = readFlags(args, STRINGS, ["help"]);
  if (flags.help) {
    console.log(USAGE);
    return EXIT_DONE;
  }
  await using cluster = await LocalCluster.open({
    dir: flags.dir ?? ".cluster",
    replicas: wholeNumber("replicas", flags.replicas) ?? 4,
    clients: wholeNumber("clients", flags.clients) ?? 4,
    basePort: wholeNumber("base-port", flags["base-port"]) ?? 7000,
  });
  const { dir, roster, isNew, ids } = cluster;
  if (!isNew && flags.replicas !== undefined && wholeNumber("replicas", flags.replicas) !== ids.length) {
    throw new ConfigError(`--replicas: given ${flags.replicas}, wanted ${ids.length} as in ${dir}/cluster.json`);
  }
  console.log(`${isNew ? "made keys of" : "found"} cluster ${roster.cluster} with ${ids.length} replicas in ${dir}`);
  const stopped = onSignal();
  const level = flags["log-level"];
  const start = async (id: string) => follow(id, await cluster.start(id, ...(level ? ["--log-level", level] : [])));
  const ended = await Promise.race([stopped, Promise.all(ids.map(start)).then((all) => whenAllEnd(all, dir))]);
  console.log(ended.message);
  return ended.exitCode;
}

interface Ended {
  readonly message: string;
  readonly exitCode: number;
}

/** Prints the replica's log lines as they arrive. */
function follow(id: string, process: DenoProcess): { readonly id: string; readonly process: DenoProcess } {
  console.log(`${id} is ready (pid ${process.pid})`);
  process.stderr.onLine((line) => console.error(line));
  return { id, process };
}

/** Resolves when all replicas have ended. One that ends by itself is reported, and the others go on: the cluster tolerates that. */
async function whenAllEnd(
  replicas: readonly { readonly id: string; readonly process: DenoProcess }[],
  dir: string,
): Promise<Ended> {
  console.log(`try: deno task client --cluster ${dir}/cluster.json --key ${dir}/c1.key put hello world`);
  console.log("Ctrl-C stops all");
  await Promise.all(replicas.map(async ({ id, process }) => {
    const { code } = await process.exited;
    // Ctrl-C in a terminal reaches the replicas as well.
    if (!stopping) console.log(`${id} ended by itself with exit code ${code}`);
  }));
  return { message: "all replicas ended by themselves", exitCode: EXIT_FAILED };
}

/** Set once the user has ended this task. */
let stopping = false;

function onSignal(): Promise<Ended> {
  const { promise, resolve } = Promise.withResolvers<Ended>();
  for (const name of SIGNALS) {
    Deno.addSignalListener(name, () => {
      stopping = true;
      resolve({ message: `${name}: stopping all`, exitCode: EXIT_DONE });
    });
  }
  return promise;
}

async function main(): Promise<number> {
  try {
    return await runCluster(Deno.args);
  } catch (error) {
    console.error(`cluster: ${error instanceof Error ? error.message : String(error)}`);
    return error instanceof ConfigError ? EXIT_USAGE : EXIT_FAILED;
  }
}

if (import.meta.main) Deno.exit(await main());
