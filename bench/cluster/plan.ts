/** The command line of `deno task bench`. */
import { ConfigError } from "../../crypto/config_error.ts";
import { LIMITS } from "../../protocol/limits.ts";
import type { Profile } from "../../protocol/quorum.ts";
import { BYZANTINE_MODES, type ByzantineMode } from "../../replica/byzantine/mod.ts";
import { profileOf } from "../../tasks/keygen/constants.ts";
import { readFlags, wholeNumber } from "../../tasks/support/flags.ts";
import { MAX_WRITERS_PER_KEY, writersPerKey } from "../load/spread.ts";

export const USAGE =
  `Measures a real cluster on this machine: replicas and clients are processes of their own, first idle, then under writes.

Usage: deno task bench [options]

  --profile NAME        byzantine (default), or crash: plain Raft, nothing signed (docs/dial.md)
  --replicas N          replicas (default 4, in the crash profile 3)
  --byzantine MODE      makes the replica that leads first faulty, and measures a fault-free cluster in turn with it:
                        ${BYZANTINE_MODES.join(", ")}
  --clients N1,N2,…     numbers of clients, measured one after the other (default 1,64)
  --size N              bytes of a value, 1 to 65536 (default 200)
  --seconds N           how long each number of clients is measured (default 20)
  --warm-up N           seconds of load before that (default a fifth of them, at least 3)
  --mode closed         a client writes again as soon as its write is answered (default)
  --mode pipelined      a client keeps several writes under way
  --mode open           writes are offered at a rate, however long the earlier ones take
  --rate N              writes a second that all clients offer together, with --mode open
  --outstanding N       how many, with --mode pipelined (default 16)
  --processes N         processes that the clients are spread over (default 2)
  --keys N              keys and connections of each of them (default 1)
  --reads N             per cent of what clients do that are fast reads, of a roster that enables them (default 0)
  --group N             most calls under one signature, 1 to 64 (default 1; 64 with --mode pipelined or --reads)
  --idle-seconds N      how long the idle cluster is measured; 0: not at all (default 10)
  --runs N              how often all of this is done, each time with a new cluster; medians are told (default 1)
  --compare etcd        measures etcd too, in turn with this, from PATH, durable as well, with values, clients and disk alike
  --etcd-nodes N        its nodes (default 3)
  --etcd-load KIND      benchmark: etcd's own tool, from PATH; grpc: client processes like ours (default benchmark where it is)
  --json FILE           all figures of all runs, and their medians
  --svg FILE            plot of throughput and latencies by the number of clients
  --help                this text

Shows its progress on a terminal. docs/performance.md explains every figure. Exit codes: 0 done, 1 failed, 2 wrong usage.
`;

const STRINGS = [
  ...[
    "profile",
    "replicas",
    "byzantine",
    "clients",
    "size",
    "seconds",
    "warm-up",
    "mode",
    "rate",
    "outstanding",
    "reads",
    "processes",
    "keys",
    "group",
  ] as const,
  ...["idle-seconds", "runs", "compare", "etcd-nodes", "etcd-load", "json", "svg"] as const,
];
type Given = Readonly<Record<typeof STRINGS[number], string | undefined>>;

const MODES = ["closed", "pipelined", "open"] as const;
const ETCD_LOADS = ["benchmark", "grpc"] as const;
const MAX_VALUE_BYTES = 65_536;
const MAX_PROCESSES = 64;
const MAX_KEYS = 32;
const DEFAULT_OUTSTANDING = 16;
const LEAST_WARM_UP_S = 3;
const WARM_UP_PART = 5;

export interface EtcdPlan {
  readonly nodes: number;
  /** Null: etcd's own tool where it is on PATH. */
  readonly load: typeof ETCD_LOADS[number] | null;
}

export interface BenchPlan {
  readonly profile: Profile;
  readonly replicas: number;
  /** Behaviour of the first replica; null if all are honest. */
  readonly byzantine: ByzantineMode | null;
  /** Numbers of clients. */
  readonly clients: readonly number[];
  /** Bytes of a value. */
  readonly size: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  readonly mode: typeof MODES[number];
  /** Writes a second that are offered; null where clients write as they are answered. */
  readonly rate: number | null;
  /** Writes that each client has under way. */
  readonly outstanding: number;
  readonly processes: number;
  /** Keys of each client process. */
  readonly keys: number;
  /** Per cent of the calls that are fast reads (§7.4). */
  readonly readPercent: number;
  /** Most writes under one signature (§7.1f). */
  readonly group: number;
  readonly idleSeconds: number;
  readonly runs: number;
  readonly etcd: EtcdPlan | null;
  readonly json: string | null;
  readonly svg: string | null;
}

/** Parses the arguments. Throws `ConfigError`. */
export function readBenchPlan(args: readonly string[]): BenchPlan {
  const flags = readFlags(args, STRINGS, []);
  const number = (name: keyof Given, otherwise: number, least = 1, most = Infinity): number =>
    inRange(name, wholeNumber(name, flags[name]) ?? otherwise, least, most);
  const mode = oneOf("mode", flags.mode, MODES) ?? "closed";
  const seconds = number("seconds", 20);
  const [processes, keys] = [number("processes", 2, 1, MAX_PROCESSES), number("keys", 1, 1, MAX_KEYS)];
  const profile = profileOf(flags.profile);
  const readPercent = number("reads", 0, 0, 100);
  const plan: BenchPlan = {
    profile,
    replicas: number("replicas", profile === "crash" ? 3 : 4),
    byzantine: oneOf("byzantine", flags.byzantine, BYZANTINE_MODES),
    clients: clientsOf(flags.clients ?? (mode === "open" ? String(processes * keys) : "1,64")),
    size: number("size", 200, 1, MAX_VALUE_BYTES),
    seconds,
    warmUpSeconds: number("warm-up", Math.max(LEAST_WARM_UP_S, Math.ceil(seconds / WARM_UP_PART)), 0),
    mode,
    rate: rateOf(mode, flags),
    outstanding: number("outstanding", mode === "pipelined" ? DEFAULT_OUTSTANDING : 1),
    processes,
    keys,
    readPercent,
    group: number("group", mode === "closed" && readPercent === 0 ? 1 : LIMITS.maxGroup, 1, LIMITS.maxGroup),
    idleSeconds: number("idle-seconds", 10, 0),
    runs: number("runs", 1),
    etcd: etcdOf(flags, number("etcd-nodes", 3, 1, 9)),
    json: flags.json ?? null,
    svg: flags.svg ?? null,
  };
  requireSense(plan);
  return plan;
}

function inRange(name: string, given: number, least: number, most: number): number {
  if (given >= least && given <= most) return given;
  const wanted = most === Infinity ? `at least ${least}` : `${least} to ${most}`;
  throw new ConfigError(`--${name}: given ${given}, wanted ${wanted}`);
}

function oneOf<const T extends string>(name: string, given: string | undefined, known: readonly T[]): T | null {
  if (given === undefined) return null;
  const found = known.find((each) => each === given);
  if (found === undefined) throw new ConfigError(`--${name}: given ${given}, wanted ${known.join(" or ")}`);
  return found;
}

const clientsOf = (text: string): number[] =>
  text.split(",").map((each) => inRange("clients", wholeNumber("clients", each)!, 1, Infinity));

function rateOf(mode: BenchPlan["mode"], { rate, clients, compare }: Given): number | null {
  if (mode !== "open") {
    if (rate === undefined) return null;
    throw new ConfigError(`--rate: given ${rate} with --mode ${mode}, wanted --mode open beside it`);
  }
  if (rate === undefined) throw new ConfigError("--mode open: given without --rate, wanted both");
  if (clients !== undefined) throw new ConfigError(`--clients: given ${clients} with --mode open, wanted --rate alone`);
  if (compare !== undefined) throw new ConfigError(`--compare: given ${compare} with --mode open, wanted another mode`);
  return inRange("rate", wholeNumber("rate", rate)!, 1, Infinity);
}

function etcdOf(flags: Given, nodes: number): EtcdPlan | null {
  const load = oneOf("etcd-load", flags["etcd-load"], ETCD_LOADS);
  if (oneOf("compare", flags.compare, ["etcd"]) !== null) return { nodes, load };
  const lone = (["etcd-nodes", "etcd-load"] as const).find((name) => flags[name] !== undefined);
  if (lone !== undefined) throw new ConfigError(`--${lone}: given without --compare etcd, wanted together with it`);
  return null;
}

function requireSense(plan: BenchPlan): void {
  const { mode, outstanding } = plan;
  if (mode !== "pipelined" && outstanding !== 1) {
    throw new ConfigError(`--outstanding: given ${outstanding} with --mode ${mode}, wanted --mode pipelined beside it`);
  }
  if (plan.readPercent > 0 && plan.etcd !== null) {
    throw new ConfigError(`--reads: given ${plan.readPercent} with --compare etcd, wanted one of them`);
  }
  const { byzantine, profile } = plan;
  if (byzantine !== null && (plan.etcd !== null || profile === "crash")) {
    const beside = plan.etcd !== null ? "--compare etcd" : "--profile crash";
    throw new ConfigError(`--byzantine: given ${byzantine} with ${beside}, wanted one of them`);
  }
  const writers = writersPerKey(plan);
  if (writers > MAX_WRITERS_PER_KEY) {
    const wanted = `at most ${MAX_WRITERS_PER_KEY}: fewer --clients or --outstanding, more --processes or --keys`;
    throw new ConfigError(`writes under way on one key: given ${writers}, wanted ${wanted}`);
  }
}
