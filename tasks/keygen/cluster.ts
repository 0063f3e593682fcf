/** `keygen` without a subcommand: the keys and the signed roster of a new cluster, all made in one place. */
import { ConfigError } from "../../crypto/config_error.ts";
import { readPassphrase } from "../../crypto/keys/passphrase.ts";
import { type ClusterOptions, DEFAULT_BASE_PORT, generateCluster } from "../../crypto/roster/generate_cluster.ts";
import { membersText } from "../../crypto/roster/roster.ts";
import type { Roster } from "../../crypto/roster/roster_types.ts";
import { CRASH_WARNING } from "../../protocol/config.ts";
import { type Profile, quorumOf } from "../../protocol/quorum.ts";
import { readFlags, wholeNumber } from "../support/flags.ts";
import { EXIT_DONE, type Task } from "../support/run_task.ts";
import { required, requireHost, shellWord } from "./common.ts";
import { CONSTANT_BOOLEANS, CONSTANT_STRINGS, CONSTANTS_USAGE, firstChoices } from "./constants.ts";

const USAGE = `Makes the keys and the signed roster of a new cluster.

Usage: keygen --out DIR [options]
       keygen operator|request|sign|show …   each party makes its own keys: keygen operator --help, and so on

  --out DIR                  directory of the files, made if missing; nothing in it is overwritten
  --replicas N               replicas r1, r2, … (default 4; 3f+1 tolerate f faulty ones, in the crash
                             profile 2c+1 tolerate c that are down)
  --clients N                clients c1, c2, … (default 2)
  --host HOST                host of all replicas, a name or an address, IPv6 ones without brackets (default 127.0.0.1);
                             replica i, from 0, gets the ports
                             BASE+3i (peers), BASE+3i+1 (publications) and BASE+3i+2 (clients)
  --hosts H1,H2,…            one host for each replica instead; each gets the ports BASE, BASE+1 and BASE+2
  --base-port PORT           BASE (default ${DEFAULT_BASE_PORT})
  --cluster NAME             cluster id (default bft-raft- and 8 random digits)
${CONSTANTS_USAGE}  --passphrase-file FILE     seal all keys with the passphrase in FILE, one line
  --help                     this text

Writes operator.key, r1.key…, c1.key… (mode 0600), cluster.json, and r1.new…: the permission for each replica to
create its data directory, which belongs beside its key and is removed by its first start.
Exit codes: 0 done, 1 failed, 2 wrong usage, a path that cannot be, or a file that exists.
`;

const STRINGS = [
  ...["out", "replicas", "clients", "host", "hosts", "base-port", "cluster", "passphrase-file"] as const,
  ...CONSTANT_STRINGS,
];
type Flags = ReturnType<typeof readFlags<(typeof STRINGS)[number], (typeof CONSTANT_BOOLEANS)[number]>>;

function clusterOptions(flags: Flags): ClusterOptions {
  const { host, hosts, cluster } = flags;
  const out = required("out", flags.out, "the directory of the new files");
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
    ...firstChoices(flags),
  };
}

/** Describes in words how many replicas may fail, and whether as many could with fewer of them. */
const tolerance = (n: number, profile: Profile): string => profile === "crash" ? crashes(n) : faults(n);

function crashes(n: number): string {
  const { quorum } = quorumOf(n, "crash");
  const who = n === 1 ? "1 replica tolerates" : `${n} replicas tolerate`;
  return `${who} ${n - quorum} that ${n - quorum === 1 ? "is" : "are"} down, and none that lies`;
}

function faults(n: number): string {
  const { f } = quorumOf(n);
  const [enough, more] = [3 * f + 1, 3 * f + 4];
  const faulty = f === 0 ? "no faulty one" : f === 1 ? "1 faulty one" : `${f} faulty ones`;
  const best = n === enough ? "" : `, as ${enough} ${enough === 1 ? "does" : "do"}`;
  return `${n === 1 ? "1 replica tolerates" : `${n} replicas tolerate`} ${faulty}${best}; ${more} tolerate ${f + 1}`;
}

function report({ out }: ClusterOptions, { cluster, replicas, clients, constants: { profile } }: Roster): string[] {
  const [first, last] = [replicas[0]!.id, replicas.at(-1)!.id];
  const path = (file: string) => shellWord(`${out}/${file}`);
  const others = first === last ? "" : `, and so on to ${last}, each in a terminal of its own or on its own machine`;
  return [
    `${out}/cluster.json: cluster ${cluster}, ${membersText({ replicas, clients })}`,
    tolerance(replicas.length, profile),
    ...(profile === "crash" ? [`warning: ${CRASH_WARNING}`] : []),
    `next${others}:`,
    `  deno task replica --cluster ${path("cluster.json")} --key ${path(`${first}.key`)} --data ${path(first)}`,
  ];
}

/** Makes everything at once. */
export const KEYGEN_CLUSTER: Task = {
  name: "keygen",
  usage: USAGE,
  async run(args, print) {
    const flags = readFlags(args, STRINGS, CONSTANT_BOOLEANS);
    const options = clusterOptions(flags);
    const passphrase = await readPassphrase(flags["passphrase-file"] ?? null);
    for (const line of report(options, await generateCluster({ ...options, passphrase }))) print(line);
    return EXIT_DONE;
  },
};
