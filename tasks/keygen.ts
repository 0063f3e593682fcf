/** `deno task keygen`: creates the keys and the signed roster of a new cluster. */
import { ConfigError } from "../crypto/config_error.ts";
import { type ClusterOptions, DEFAULT_BASE_PORT, generateCluster } from "../crypto/roster/generate_cluster.ts";
import type { ProtocolConstants } from "../protocol/config.ts";
import { peerHostFault } from "../protocol/host.ts";
import { quorumOf } from "../protocol/quorum.ts";
import type { Roster } from "../crypto/roster/roster_types.ts";
import { readFlags, wholeNumber } from "./support/flags.ts";
import { EXIT_DONE, runTask, type Task } from "./support/run_task.ts";

const USAGE = `Makes the keys and the signed roster of a new cluster.

Usage: keygen --out DIR [options]

  --out DIR                  directory of the files, made if missing; nothing in it is overwritten
  --replicas N               replicas r1, r2, … (default 4; 3f+1 tolerate f faulty ones)
  --clients N                clients c1, c2, … (default 2)
  --host HOST                host of all replicas, a name or an address, IPv6 ones without brackets (default 127.0.0.1);
                             replica i, from 0, gets the ports
                             BASE+3i (peers), BASE+3i+1 (publications) and BASE+3i+2 (clients)
  --hosts H1,H2,…            one host for each replica instead; each gets the ports BASE, BASE+1 and BASE+2
  --base-port PORT           BASE (default ${DEFAULT_BASE_PORT})
  --cluster NAME             cluster id (default bft-raft- and 8 random digits)
  --fast-reads               enable fast reads; every write then waits for a quorum of equal answers
  --election-timeout-ms N    lower end of the election timeout (default 1000)
  --checkpoint-every N       entries between checkpoints, 1 to 4096 (default 1000); seldom ones cost less work,
                             and make the log and a restart longer
  --log-tail N               entries kept below the last checkpoint, 1 to 16384 (default 1000); who is further behind
                             fetches the whole state
  --help                     this text

Writes operator.key, r1.key…, c1.key… (mode 0600), cluster.json, and r1.new…: the permission for each replica to
create its data directory, which belongs beside its key and is removed by its first start.
Exit codes: 0 done, 1 failed, 2 wrong usage, a path that cannot be, or a file that exists.
`;

const STRINGS = [
  "out",
  "replicas",
  "clients",
  "host",
  "hosts",
  "base-port",
  "cluster",
  "election-timeout-ms",
  "checkpoint-every",
  "log-tail",
] as const;
const BOOLEANS = ["fast-reads"] as const;
type Flags = ReturnType<typeof readFlags<(typeof STRINGS)[number], (typeof BOOLEANS)[number]>>;

/** Returns the constants changed by flags. */
function changedConstants(flags: Flags): Partial<ProtocolConstants> {
  const electionTimeoutMs = wholeNumber("election-timeout-ms", flags["election-timeout-ms"]);
  const checkpointEvery = wholeNumber("checkpoint-every", flags["checkpoint-every"]);
  const logTail = wholeNumber("log-tail", flags["log-tail"]);
  return {
    fastReads: flags["fast-reads"],
    ...(electionTimeoutMs === undefined ? {} : { electionTimeoutMs }),
    ...(checkpointEvery === undefined ? {} : { checkpointEvery }),
    ...(logTail === undefined ? {} : { logTail }),
  };
}

function requireHost(flag: string, host: string): void {
  const wanted = peerHostFault(host);
  if (wanted !== null) throw new ConfigError(`--${flag}: given "${host}", wanted ${wanted}`);
}

function clusterOptions(flags: Flags): ClusterOptions {
  const { out, host, hosts, cluster } = flags;
  if (out === undefined) throw new ConfigError("--out: given nothing, wanted the directory of the new files");
  if (host !== undefined && hosts !== undefined) throw new ConfigError("--host and --hosts: given both, wanted one");
  const list = hosts?.split(",");
  if (host !== undefined) requireHost("host", host);
  list?.forEach((each) => requireHost("hosts", each));
  return {
    out,
    replicas: wholeNumber("replicas", flags.replicas) ?? list?.length ?? 4,
    clients: wholeNumber("clients", flags.clients) ?? 2,
    host: list ?? host ?? "127.0.0.1",
    basePort: wholeNumber("base-port", flags["base-port"]) ?? DEFAULT_BASE_PORT,
    ...(cluster === undefined ? {} : { cluster }),
    constants: changedConstants(flags),
  };
}

/** Describes in words how many faulty replicas `n` tolerate, and whether as many would be tolerated by fewer. */
function tolerance(n: number): string {
  const { f } = quorumOf(n);
  const [enough, more] = [3 * f + 1, 3 * f + 4];
  const faulty = f === 0 ? "no faulty one" : f === 1 ? "1 faulty one" : `${f} faulty ones`;
  const best = n === enough ? "" : `, as ${enough} ${enough === 1 ? "does" : "do"}`;
  return `${n === 1 ? "1 replica tolerates" : `${n} replicas tolerate`} ${faulty}${best}; ${more} tolerate ${f + 1}`;
}

/** Quotes a path for a shell where it has to be. */
const shellWord = (path: string): string => /^[\w./:@%+,-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;

function report({ out }: ClusterOptions, { cluster, replicas, clients }: Roster): string[] {
  const [first, last] = [replicas[0]!.id, replicas.at(-1)!.id];
  const path = (file: string) => shellWord(`${out}/${file}`);
  const others = first === last ? "" : `, and so on to ${last}, each in a terminal of its own or on its own machine`;
  return [
    `${out}/cluster.json: cluster ${cluster}, ${replicas.length} replicas, ${clients.length} clients`,
    tolerance(replicas.length),
    `next${others}:`,
    `  deno task replica --cluster ${path("cluster.json")} --key ${path(`${first}.key`)} --data ${path(first)}`,
  ];
}

export const KEYGEN: Task = {
  name: "keygen",
  usage: USAGE,
  async run(args, print) {
    const options = clusterOptions(readFlags(args, STRINGS, BOOLEANS));
    for (const line of report(options, await generateCluster(options))) print(line);
    return EXIT_DONE;
  },
};

if (import.meta.main) Deno.exit(await runTask(KEYGEN));
