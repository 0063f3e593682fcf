/** The command line of a replica process. */
import { parseArgs } from "@std/cli/parse-args";
import { ConfigError, refuseAltered } from "../crypto/config_error.ts";
import type { BackendChoice } from "../crypto/signing/load_backend.ts";
import { MAX_VERIFY_THREADS } from "../crypto/signing/threads/verify_threads.ts";
import { ANY_HOST, bindHostFault } from "../protocol/host.ts";
import { TRANSPORT_ENGINES, type TransportEngine } from "../transport/mod.ts";
import { BYZANTINE_MODES, type ByzantineMode } from "./byzantine/mod.ts";
import { LOG_LEVELS, type LogLevel } from "./diagnostics/logger.ts";

export const USAGE = `Runs one replica of a cluster until it is told to stop.

Usage: replica --cluster FILE --key FILE --data DIR [options]

  --cluster FILE          the signed roster, cluster.json
  --key FILE              this replica's key file, readable by its owner only
  --passphrase-file FILE  the passphrase the key file is sealed with, one line of a file that only its owner can read
  --data DIR              this replica's own data directory. It is made at the first start only, which keygen permits once
                          by a file beside the key (r1.new)
  --bind HOST             address to listen on, * for all IPv4 ones or :: for all (default: the roster's; * where that is a name)
  --dial-offset N         connects to peers at ports N above those of the roster, where something stands between that passes on, delays or
                          cuts (default 0: the roster's); for drills on one machine, as cluster --play has them
  --crypto CHOICE         auto, native or noble: the signature code (default auto: native where it loads)
  --verify-threads N      threads that help checking signatures, 0 to ${MAX_VERIFY_THREADS} (default: 1 on a machine of three processors or more,
                          else 0): worth it where the replica has processors to spare
  --transport ENGINE      ${TRANSPORT_ENGINES.join(" or ")}: this project's own ZMTP, or libzmq (default zmtp)
  --insecure-plaintext    talks in clear, to anybody, for debugging; refused unless the operator's roster allows it
  --log-level LEVEL       ${LOG_LEVELS.join(", ")} (default info)
  --init                  permits the first start where that file is missing. Never on a replica that ran before
  --recover               comes back without its disk, or with one that cannot be trusted: begins anew beside it and joins as a
                          learner until it is sure not to contradict what it signed (docs/recovery.md)
  --byzantine MODE        makes this replica faulty, for tests and drills: ${BYZANTINE_MODES.join(", ")}
  --unsafe-test-faults    has to stand beside --byzantine
  --health FILE           keeps a file that says "ok", or why this replica takes no part in a quorum that has a leader; written every
                          two seconds, so an older one says that the process hangs or is gone (docs/operations.md)
  --http [HOST:]PORT      serves metrics for Prometheus and probes at /metrics, /healthz and /readyz (docs/metrics.md): at 127.0.0.1, or at
                          an address of this machine that you name, to whoever reaches it; let that be operators alone
  --record FILE           writes down what the core is given, for a replay (docs/recording.md). FILE has to be new, after a
                          restart too, and only grows: for incidents
  --help                  this text

Prints one line on stdout once it takes part, and its log as JSON lines on stderr. SIGTERM and SIGINT end it cleanly:
a leader hands over first, within an election timeout; a second signal ends it at once.
Exit codes: 0 ended as told, 1 could not go on, 2 wrong usage or configuration.
`;

const STRINGS = [
  ...["cluster", "key", "passphrase-file", "data", "bind", "crypto", "log-level"] as const,
  ...["byzantine", "record", "health", "http", "transport", "verify-threads", "dial-offset"] as const,
];
const BOOLEANS = ["init", "recover", "insecure-plaintext", "unsafe-test-faults", "help"] as const;
/** Ports end at 65535. */
const MAX_DIAL_OFFSET = 60_000;
const MAX_PORT = 65_535;
/** The place where probes are served unless another is named. */
const LOOPBACK = "127.0.0.1";
const CHOICES: readonly BackendChoice[] = ["auto", "native", "noble"];

type StringFlag = (typeof STRINGS)[number];
type Flags = Readonly<Record<StringFlag, string | undefined>> & Readonly<Record<(typeof BOOLEANS)[number], boolean>>;

type Given = Readonly<Record<StringFlag, readonly string[]>> & Readonly<Record<(typeof BOOLEANS)[number], boolean>>;

/** The address at which a server listens. */
export interface HttpAddress {
  readonly hostname: string;
  readonly port: number;
}

/** The parsed command line. */
export interface ReplicaFlags {
  readonly cluster: string;
  readonly key: string;
  readonly passphraseFile: string | null;
  readonly data: string;
  readonly bind: string | null;
  /** Added to the ports of peers that this replica connects to. */
  readonly dialOffset: number;
  readonly crypto: BackendChoice;
  /** Threads that check signatures ahead; null leaves it to the machine. */
  readonly verifyThreads: number | null;
  readonly logLevel: LogLevel;
  readonly init: boolean;
  readonly recover: boolean;
  readonly byzantine: ByzantineMode | null;
  readonly record: string | null;
  readonly health: string | null;
  /** Address of metrics and probes. */
  readonly http: HttpAddress | null;
  readonly transport: TransportEngine;
  readonly insecurePlaintext: boolean;
}

/** Parses the arguments; returns null if help was asked for. Throws `ConfigError` on anything unknown, missing or meaningless. */
export function parseFlags(args: readonly string[]): ReplicaFlags | null {
  const flags = readFlags(args);
  if (flags.help) return null;
  return {
    cluster: required(flags, "cluster", "the signed roster, cluster.json"),
    key: required(flags, "key", "this replica's key file"),
    passphraseFile: flags["passphrase-file"] ?? null,
    data: required(flags, "data", "this replica's data directory"),
    bind: bindHost(flags.bind),
    dialOffset: portOffset(flags["dial-offset"]),
    crypto: oneOf("crypto", flags.crypto ?? "auto", CHOICES),
    verifyThreads: threadCount(flags["verify-threads"]),
    logLevel: oneOf("log-level", flags["log-level"] ?? "info", LOG_LEVELS),
    ...beginning(flags),
    byzantine: byzantineMode(flags),
    record: flags.record ?? null,
    health: flags.health ?? null,
    http: httpAddress(flags.http),
    transport: oneOf("transport", flags.transport ?? "zmtp", TRANSPORT_ENGINES),
    insecurePlaintext: flags["insecure-plaintext"],
  };
}

function readFlags(args: readonly string[]): Flags {
  refuseAltered(args);
  const unknown: string[] = [];
  const { help, init, recover, "insecure-plaintext": plain, "unsafe-test-faults": unsafe, ...given }: Given = parseArgs(
    [...args],
    {
      string: STRINGS,
      collect: STRINGS,
      boolean: BOOLEANS,
      unknown: (arg: string) => {
        unknown.push(JSON.stringify(arg));
        return false;
      },
    },
  );
  if (unknown.length > 0) {
    throw new ConfigError(`given ${unknown.join(" ")}, which is unknown, wanted arguments that --help lists`);
  }
  const values = STRINGS.map((name) => [name, onlyValue(name, given[name])]);
  const booleans = { help, init, recover, "insecure-plaintext": plain, "unsafe-test-faults": unsafe };
  return { ...Object.fromEntries(values), ...booleans } as Flags;
}

function onlyValue(name: StringFlag, values: readonly string[]): string | undefined {
  if (values.length > 1) throw new ConfigError(`--${name}: given ${values.length} times, wanted once`);
  if (values[0] === "") throw new ConfigError(`--${name}: given nothing, wanted a value`);
  return values[0];
}

function required(flags: Flags, name: StringFlag, what: string): string {
  const value = flags[name];
  if (value === undefined) throw new ConfigError(`--${name}: given nothing, wanted ${what}`);
  return value;
}

function oneOf<T extends string>(name: StringFlag, given: string, wanted: readonly T[]): T {
  const found = wanted.find((each) => each === given);
  if (found === undefined) throw new ConfigError(`--${name}: given "${given}", wanted one of ${wanted.join(", ")}`);
  return found;
}

function beginning({ init, recover }: Flags): Pick<ReplicaFlags, "init" | "recover"> {
  if (init && recover) {
    throw new ConfigError(
      "--init: given beside --recover, wanted --init for one that never ran, or --recover for one that did",
    );
  }
  return { init, recover };
}

function threadCount(given: string | undefined): number | null {
  if (given === undefined) return null;
  const count = Number(given);
  if (/^\d+$/.test(given) && count <= MAX_VERIFY_THREADS) return count;
  throw new ConfigError(`--verify-threads: given "${given}", wanted an integer from 0 to ${MAX_VERIFY_THREADS}`);
}

function portOffset(given: string | undefined): number {
  if (given === undefined) return 0;
  const offset = Number(given);
  if (/^\d+$/.test(given) && offset <= MAX_DIAL_OFFSET) return offset;
  throw new ConfigError(`--dial-offset: given "${given}", wanted an integer from 0 to ${MAX_DIAL_OFFSET}`);
}

function bindHost(host: string | undefined): string | null {
  if (host === undefined) return null;
  const wanted = bindHostFault(host);
  if (wanted !== null) throw new ConfigError(`--bind: given "${host}", wanted ${wanted}`);
  return host;
}

function httpAddress(given: string | undefined): HttpAddress | null {
  if (given === undefined) return null;
  const [, bracketed, plain, digits] = /^(?:(?:\[([^\]]+)\]|([^:]+)):)?(\d{1,5})$/.exec(given) ?? [];
  const [host, port] = [bracketed ?? plain ?? LOOPBACK, Number(digits)];
  const isHost = host === "localhost" || (host !== ANY_HOST && bindHostFault(host) === null);
  if (isHost && port >= 1 && port <= MAX_PORT) return { hostname: host, port };
  throw new ConfigError(
    `--http: given "${given}", wanted [HOST:]PORT with an address of this machine, as 9464, 127.0.0.1:9464 or [::1]:9464`,
  );
}

function byzantineMode(flags: Flags): ByzantineMode | null {
  const { byzantine, "unsafe-test-faults": unsafe } = flags;
  if (byzantine === undefined) {
    if (unsafe) throw new ConfigError("--unsafe-test-faults: given alone, wanted --byzantine MODE beside it");
    return null;
  }
  const mode = oneOf("byzantine", byzantine, BYZANTINE_MODES);
  if (!unsafe) throw new ConfigError("--byzantine: given alone, wanted --unsafe-test-faults beside it");
  return mode;
}
