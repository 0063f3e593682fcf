/** The client library. */
export { createClient } from "./client.ts";
export type { Client, ClientOptions, ClientReport, QueryOutcome } from "./client_types.ts";
export type { CommittedCommand, CommittedEntry } from "./committed_command.ts";
export {
  ClosedError,
  NoQuorumError,
  type QuorumProgress,
  type RefusalCode,
  RefusedError,
  SessionFencedError,
  UsageError,
} from "./errors.ts";
export type { InboxCounters } from "./inbox.ts";
export type { Json } from "./json_payload.ts";
export type { KvCalls, ListOptions, ListOutcome, ReadOutcome, WriteOutcome, Written } from "./kv.ts";
export { answersNeeded, type QuorumSizes, quorumSizes } from "./reply_tally.ts";
export type { CallOptions, Executed, RequestOptions } from "./requests.ts";
export type { ReplicaStatus } from "./status_report.ts";
export type { ClientTimings } from "./timings.ts";
