/** The client library's interface. */
import type { KeyFile } from "../crypto/keys/key_file.ts";
import type { RosterFile, SignedRoster } from "../crypto/roster/parse_roster.ts";
import type { Roster } from "../crypto/roster/roster_types.ts";
import type { Step } from "../crypto/roster/verify_end.ts";
import type { SignatureBackend } from "../crypto/signing/backend.ts";
import type { Tracing } from "../metrics/mod.ts";
import type { ClientTransport } from "../transport/port.ts";
import type { BackupSources } from "./calls/backup_sources.ts";
import type { CommittedEntry } from "./calls/committed_command.ts";
import type { FeedNews } from "./calls/follow_feed.ts";
import type { KvCalls } from "./calls/kv.ts";
import type { FastReadOutcome } from "./calls/kv_outcomes.ts";
import type { QueryOutcome } from "./calls/node_calls.ts";
import type { Reconfigured, ReconfigureOptions } from "./calls/reconfigure.ts";
import type { ReplicaStatus } from "./calls/status_report.ts";
import type { WatchCalls } from "./calls/watch.ts";
import type { InboxCounters } from "./loop/inbox.ts";
import type { RequestReport } from "./loop/request_counts.ts";
import type { CallOptions, Executed, RequestOptions } from "./loop/requests.ts";
import type { ClientTimings } from "./loop/timings.ts";

/** Dependencies and options of a client. */
export interface ClientOptions {
  /**
   * The roster with which the client begins; from there it follows the cluster from epoch to epoch (§13.12). Give it as it was signed, as `readSignedRoster` and `getRoster` do: by
   * a roster without its signatures no change can be handed in, and none is found where its file lacks members that have defaults.
   */
  readonly roster: Roster | SignedRoster;
  /** An earlier roster, from which a `RosterStore` has led to `roster`: backups are checked from there on (§13.13). */
  readonly origin?: RosterFile;
  /** Key of a client in the roster, or the operator's, which can do nothing but `setActive`. */
  readonly key: KeyFile;
  /** Closed together with the client. */
  readonly transport: ClientTransport;
  readonly backend: SignatureBackend;
  readonly timings?: Partial<ClientTimings>;
  /** Maximum number of requests waiting for room in the session window; 10 000 by default. */
  readonly maxQueued?: number;
  /**
   * Maximum number of commands under one signature, 1 to 64; 64 by default. Calls that are made while others are under way are sent together, and
   * each is executed and answered as if it came alone (§7.1f).
   */
  readonly maxGroup?: number;
  /** Monotonic clock in milliseconds; `performance.now` by default. */
  readonly now?: () => number;
  /** Receives a span for each command and ordered query that was sent; of `openTracing`, and on the clock of `performance.now`. None by default. */
  readonly tracing?: Tracing | null;
  /** Seed of the jitter; random by default. */
  readonly seed?: number;
  /** A replica contradicted an answer that enough others gave alike to the request with this digest, under its signature. */
  readonly onDisagreement?: (replica: string, request: string) => void;
  /** The client has followed ends of epochs to another roster, one step at least, which a `RosterStore` keeps; `close` waits for it. Must not reject. */
  readonly onRoster?: (steps: readonly Step[]) => Promise<void>;
}

/** The two ends of the chain of rosters that a client goes by. */
export interface RosterFiles {
  readonly origin: RosterFile;
  readonly current: RosterFile;
}

/** Counters of what a client has noticed so far. */
export interface ClientReport {
  /** Packets dropped, by reason. */
  readonly dropped: Readonly<InboxCounters>;
  /** Counts of commands and ordered queries, by what became of them, and of requests sent. */
  readonly requests: RequestReport;
  /** Number of accepted answers each replica contradicted; holds only replicas that did. */
  readonly disagreements: Readonly<Record<string, number>>;
  /** Replicas that said they do not know this client, and nothing else. They cannot sign that: it is a hint that rosters differ. */
  readonly turnedAway: ReadonlySet<string>;
}

/**
 * A client of the cluster: many calls at a time, each a promise. Every answer rests on f+1 equal answers of different replicas, or
 * on Q if the roster enables fast reads (§7.2, §7.4). Calls reject with the errors of `errors.ts`.
 */
export interface Client extends KvCalls, WatchCalls {
  /** Has a command of the state machine, at most `LIMITS.maxCommandBytes` long, ordered and executed once. */
  execute(command: Uint8Array, options?: RequestOptions): Promise<Executed>;
  /**
   * Asks the state machine's `query`, and never its `apply` (§7.4). Where the roster enables fast reads all replicas are asked outside the log
   * first; if Q of them do not give the same answer of the same version at once, and where fast reads are off, the query is ordered: it takes a place in
   * the log as a command does, and is answered from the state at that place. The answer is linearizable either way. At most
   * `LIMITS.maxCommandBytes` long.
   */
  query(query: Uint8Array, options?: CallOptions): Promise<QueryOutcome>;
  /**
   * Reads `key` by a fast read, and by an ordered query if the replicas do not agree on it at once (§7.4). Writes of other keys do not disturb it.
   * Reads that begin in one turn of the event loop share a signature. Needs a roster that enables fast reads.
   */
  fastRead(key: string, options?: CallOptions): Promise<FastReadOutcome & { readonly fast: boolean }>;
  /**
   * Yields what happens in the state machine behind position `after` of what `watch` names to its `feed` (§7.6): events in their order, each once, and the position up to which they are all
   * there are. Ends with `signal`, whose reason it throws.
   */
  follow(watch: Uint8Array, after: number, signal?: AbortSignal): AsyncIterable<FeedNews>;
  /** Returns the committed entry at a log index (1 or more), or the fact that there is none yet. */
  getCommittedCommand(index: number, options?: CallOptions): Promise<CommittedEntry>;
  /** Returns each replica's own view, in roster order. */
  getStatus(options?: CallOptions): Promise<ReplicaStatus[]>;
  /** Has `replica` take part in the protocol, or stay out of it. Operator only. */
  setActive(replica: string, active: boolean, options?: CallOptions): Promise<void>;
  /**
   * Returns the roster in force as the cluster's own chain proves it, once Q replicas have said that there is no later one (§13.12). More than f that
   * lie can hide one.
   */
  getRoster(options?: CallOptions): Promise<RosterFile>;
  /**
   * Has the cluster change to `next`, which follows the roster in force and is signed by enough operators (§13.1), and waits until Q of its replicas have begun. Needs a client that
   * was given a signed roster. Rejects with `ConfigError` where `next` is none that can follow, and with {@linkcode RefusedError} where the cluster says so. It may be called again: a change that is in force is no error.
   */
  reconfigure(next: SignedRoster, options?: ReconfigureOptions): Promise<Reconfigured>;
  /** Fetches the parts of a backup for `takeBackup`. Needs a client's key. */
  readonly sources: BackupSources;
  /** The roster in force, as far as this client knows. */
  readonly roster: Roster;
  /** The earliest roster that this client goes by, and the one in force, as files hold them. */
  readonly files: RosterFiles;
  readonly report: ClientReport;
  /** Rejects pending calls with `ClosedError`, closes the transport, and waits for `onRoster`. */
  close(): Promise<void>;
}
