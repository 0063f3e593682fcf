/**
 * Byzantine-fault-tolerant Raft: a replicated state machine that stays correct while up to f of 3f+1 replicas lie.
 *
 * An application implements {@linkcode StateMachine}, starts it on each replica with {@linkcode startReplica}, and talks to the
 * cluster with {@linkcode createClient}.
 */

// Keys and the signed roster.
export { type ClusterOptions, generateCluster } from "./crypto/generate_cluster.ts";
export { ConfigError } from "./crypto/config_error.ts";
export { type KeyFile, type KeyKind, parseKeyFile, readKeyFile } from "./crypto/key_file.ts";
export { type BackendChoice, loadBackend, type LoadedBackend } from "./crypto/load_backend.ts";
export { parseRoster, readRoster } from "./crypto/parse_roster.ts";
export type { Roster, RosterClient, RosterReplica } from "./crypto/roster.ts";

// Replicas and the application's port.
export type { ProtocolConstants } from "./replica/core/config.ts";
export { InvariantError } from "./replica/core/invariant.ts";
export { LIMITS } from "./replica/core/limits.ts";
export type { ApplyContext, QueryResult, StateMachine } from "./replica/core/ports.ts";
export { createLogger, type LogFields, type Logger, type LogLevel } from "./replica/log.ts";
export { type RunningReplica, type StartOptions, startReplica } from "./replica/start_replica.ts";
export { KvStore } from "./replica/state_machine/mod.ts";
export type { ReplicaStatus as ReplicaReport } from "./replica/status.ts";
export { GuardError, StorageError } from "./replica/storage/mod.ts";

// Clients.
export * from "./client/mod.ts";
export { createZmqClientTransport, TransportError, type ZmqClientOptions } from "./transport/mod.ts";
