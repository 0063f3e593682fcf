/**
 * Byzantine-fault-tolerant Raft: a replicated state machine that stays correct while up to f of 3f+1 replicas lie.
 *
 * An application implements {@linkcode StateMachine}, starts it on each replica with {@linkcode startReplica}, and talks to the
 * cluster with {@linkcode createClient}.
 */

// Keys and the signed roster.
export { type ClusterOptions, generateCluster } from "./crypto/roster/generate_cluster.ts";
export { ConfigError } from "./crypto/config_error.ts";
export { type KeyFile, type KeyKind, parseKeyFile, readKeyFile, unlockKeyFile } from "./crypto/keys/key_file.ts";
export { type BackendChoice, loadBackend, type LoadedBackend } from "./crypto/signing/load_backend.ts";
export {
  parseRoster,
  parseSignedRoster,
  readRoster,
  readSignedRoster,
  type RosterFile,
  type SignedRoster,
} from "./crypto/roster/parse_roster.ts";
// Replicas and the application's port.
export { openTracing, type RequestSpan, type Tracing } from "./metrics/mod.ts";
export type { ProtocolConstants } from "./protocol/config.ts";
export { InvariantError } from "./protocol/invariant.ts";
export { LIMITS } from "./protocol/limits.ts";
export type { Feed, FeedEvent } from "./protocol/operations/feed.ts";
export type { Access, AccessRule, ApplyContext, QueryContext, QueryResult, StateMachine } from "./protocol/ports.ts";
export { createLogger, type LogFields, type Logger, type LogLevel } from "./replica/diagnostics/logger.ts";
export { type RunningReplica, type StartOptions, startReplica } from "./replica/start_replica.ts";
export { KvStore } from "./state_machine/mod.ts";
export type { ReplicaReport } from "./replica/status/status.ts";
export { GuardError, StorageError } from "./replica/storage/port.ts";

// Clients.
export * from "./client/mod.ts";
export {
  type ClientTransportOptions,
  openClientTransport,
  type TransportEngine,
  TransportError,
} from "./transport/mod.ts";
export type { Roster, RosterClient, RosterReplica } from "./crypto/roster/roster_types.ts";
