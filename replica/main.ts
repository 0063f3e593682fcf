/** Process entry point of a replica. */
import { ConfigError } from "../crypto/config_error.ts";
import { dropLoadingPermissions, dropPathPermissions } from "../crypto/drop_permissions.ts";
import { unlockKeyFile } from "../crypto/keys/key_file.ts";
import { readSignedRoster } from "../crypto/roster/parse_roster.ts";
import { loadBackend } from "../crypto/signing/load_backend.ts";
import { threadSources } from "../crypto/signing/threads/sources.ts";
import { trustsReplicas } from "../protocol/config.ts";
import { createLineWriter } from "./diagnostics/line_writer.ts";
import { createLogger, logLine } from "./diagnostics/logger.ts";
import { noteRun, permitFirstStart } from "./first_start.ts";
import { parseFlags, type ReplicaFlags, USAGE } from "./flags.ts";
import { beginHealthFile, keepHealthFile } from "./health_file.ts";
import { keptPaths, startingPaths } from "./permissions.ts";
import { ownLine } from "./replica_config.ts";
import { type RunningReplica, startReplica } from "./start_replica.ts";
import { threadsFor, withThreads } from "./verify_threads.ts";
import { withProbes } from "./with_probes.ts";

const EXIT_DONE = 0;
const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
/** It is to be started again, with permissions for the roster that is in force now: what is wrong is temporary (sysexits.h). */
const EXIT_RESTART = 75;
const SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGTERM", "SIGINT"];

/** Output of the process itself. Neither a full disk nor a closed pipe behind it ends a replica, so `console` is not used. */
const say = (line: string): void => createLineWriter(Deno.stdout, () => "").write(line);
const warn = (line: string): void => createLineWriter(Deno.stderr, () => "").write(line);

/** Runs a replica until it is stopped or cannot go on; resolves to the exit code. */
async function main(args: readonly string[]): Promise<number> {
  /** Known once the key is read: a line of a replica that starts and fails again and again has to say which one it is. */
  const named = { id: "?" };
  const signal = watchSignals();
  try {
    const flags = parseFlags(args);
    if (flags === null) {
      say(USAGE);
      return EXIT_DONE;
    }
    const replica = await start(flags, named, signal.start.signal);
    leaveOnSignal(replica, signal);
    const health = flags.health === null ? null : keepHealthFile(flags.health, () => replica.trouble());
    const outcome = await replica.finished.finally(() => health?.end());
    warn(
      logLine(named.id, "info", "stopped", { reason: signal.received ?? (outcome === "stopped" ? "stop" : outcome) }),
    );
    return outcome === "restart" && signal.received === null ? EXIT_RESTART : EXIT_DONE;
  } catch (error) {
    if (signal.received !== null && error === signal.start.signal.reason) {
      warn(logLine(named.id, "info", "stopped", { reason: signal.received }));
      return EXIT_DONE;
    }
    if (error instanceof ConfigError) {
      warn(`replica${named.id === "?" ? "" : ` ${named.id}`}: ${error.message}`);
      return EXIT_USAGE;
    }
    const { name, message } = error instanceof Error ? error : { name: "Error", message: String(error) };
    warn(logLine(named.id, "error", "stopped", { reason: name, message }));
    return EXIT_FAILED;
  }
}

/** Starts a replica, and gives up what only its start needed; `named` is told its id as soon as that is known. A new member's wait ends with `signal`. */
export async function start(flags: ReplicaFlags, named: { id: string }, signal?: AbortSignal): Promise<RunningReplica> {
  const threads = threadsFor(flags, navigator.hardwareConcurrency);
  const alone = await loadBackend(flags.crypto);
  const threaded = await withThreads(alone, threads, flags);
  const { backend, fallbackReason, isDegraded } = alone;
  if (flags.transport === "zmtp") dropLoadingPermissions();
  const key = await unlockKeyFile(flags.key, flags.passphraseFile, backend);
  named.id = key.id;
  const file = await readSignedRoster(flags.cluster, key.operatorKey, backend);
  const { roster } = file;
  const log = createLogger(key.id, flags.logLevel);
  const isSigned = !trustsReplicas(roster.constants);
  if (!isSigned) threaded.close();
  const loaded = isSigned ? threaded.loaded : alone;
  const { data: dataDir, bind: bindHost, init, recover, byzantine, record, transport: engine, insecurePlaintext } =
    flags;
  if (threaded.refusal !== null) {
    const level = flags.verifyThreads === null ? "info" : "warn";
    log.log(level, "verify-threads", { wanted: threads, reason: threaded.refusal });
  }
  if (isDegraded) log.log("warn", "signature-backend", { crypto: backend.name, reason: fallbackReason });
  ownLine(roster, key);
  if (flags.health !== null) beginHealthFile(flags.health);
  const { publicKey } = key;
  const firstStart = permitFirstStart({ replica: key.id, keyFile: flags.key, publicKey, dataDir, init, recover });
  if (firstStart) {
    const note = "if this replica ever ran with this key, stop it now and start it with --recover";
    log.log("info", "first-start", { data: dataDir, note });
  }
  const replica = await withProbes(flags.http, (meters) =>
    startReplica({
      ...{ roster: file, key, dataDir, backend: loaded, bindHost, log, firstStart, recover, byzantine, record, meters },
      ...{ engine, insecurePlaintext, dialOffset: flags.dialOffset, ...(signal === undefined ? {} : { signal }) },
    }));
  noteRun({ keyFile: flags.key, publicKey });
  // What comes in from now on meets a process that cannot read its own key file.
  dropPathPermissions([...startingPaths(flags), ...threadSources()], keptPaths(flags));
  const { id, host, peerPort, publishPort, clientPort } = replica.line;
  const addresses = { host: bindHost ?? host, peerPort, publishPort, clientPort };
  const crypto = {
    profile: roster.constants.profile,
    crypto: backend.name,
    verifyThreads: loaded.threads ?? 0,
    fallbackReason,
    transport: engine,
    encrypted: !insecurePlaintext,
  };
  say(logLine(id, "info", "ready", { cluster: roster.cluster, ...addresses, ...crypto, byzantine }));
  return replica;
}

/** The signals that end a process. */
interface Signals {
  /** Name of the first one that came. */
  received: string | null;
  /** Called with each. */
  onSignal: () => void;
  /** Aborted by one that comes before there is a replica. */
  readonly start: AbortController;
}

function watchSignals(): Signals {
  const start = new AbortController();
  const signals: Signals = { received: null, start, onSignal: () => start.abort() };
  for (const name of SIGNALS) {
    Deno.addSignalListener(name, () => {
      signals.received ??= name;
      signals.onSignal();
    });
  }
  return signals;
}

/** Has `replica` leave on the first signal; a second one stops it at once. */
function leaveOnSignal(replica: RunningReplica, signals: Signals): void {
  signals.onSignal = () => void replica.leave().catch(() => {});
  if (signals.received !== null) signals.onSignal();
}

if (import.meta.main) Deno.exit(await main(Deno.args));
