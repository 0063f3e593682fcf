/** The client library. */
export type { BackupProgress } from "./backup/gathering.ts";
export { type ByteSource, bytesSource } from "./backup/hashed_source.ts";
export { type Restored, restoreInto, type RestoreOptions } from "./backup/restore_into.ts";
export type { Patience, SourceReport } from "./backup/source_ledger.ts";
export { type BackupOptions, takeBackup, type TakenBackup } from "./backup/take_backup.ts";
export { type VerifiedBackup, verifyBackup, type VerifyOptions } from "./backup/verify_backup.ts";
export type { BackupSources } from "./calls/backup_sources.ts";
export { type EvidenceFile, evidenceFileText, parseEvidenceFile } from "./evidence/evidence_file.ts";
export { evidenceJudge, type Judgement } from "./evidence/judge_evidence.ts";
export { type NamedText, type Trust, type Verdict, verifyFiles } from "./evidence/verify_files.ts";
export { createClient } from "./client.ts";
export { RosterStore } from "./epochs/roster_store.ts";
export { type Step, verifyEnd } from "../crypto/roster/verify_end.ts";
export type { Client, ClientOptions, ClientReport, RosterFiles } from "./client_types.ts";
export type { RequestEnd, RequestReport } from "./loop/request_counts.ts";
export type {
  CommittedCommand,
  CommittedEntry,
  CommittedRegister,
  CommittedRequest,
  CommittedStatement,
} from "./calls/committed_command.ts";
export {
  type BackupFault,
  BusyError,
  ClosedError,
  InvalidBackupError,
  NoQuorumError,
  NoSourceError,
  NotListedError,
  type QuorumProgress,
  type RefusalCode,
  RefusedError,
  RestoreError,
  RevisionGoneError,
  SourceError,
  UndecidedError,
  UsageError,
} from "./errors.ts";
export type { InboxCounters } from "./loop/inbox.ts";
export type { Json } from "./calls/json_payload.ts";
export type { KvCalls, ListOptions, PutOptions, RangeOptions } from "./calls/kv.ts";
export type { KeepAliveOptions, LeaseCalls, LeaseGranted, LeasesOptions, LeasesOutcome } from "./calls/leases.ts";
export type { LeaseItem } from "../state_machine/mod.ts";
export type {
  FastReadOutcome,
  FoundValue,
  KeysOutcome,
  ListedKey,
  ListOutcome,
  OperationOutcome,
  ReadOutcome,
  TransactionOutcome,
  WriteOutcome,
  Written,
} from "./calls/kv_outcomes.ts";
export type { Compare, Operation, Transaction } from "./calls/transaction.ts";
export { quorumOf as quorumSizes, type QuorumSizes } from "../protocol/quorum.ts";
export { answersNeeded } from "./session/reply_tally.ts";
export type { CallOptions, Executed, RequestOptions } from "./loop/requests.ts";
export type { Change, ChangeEvent, Watch, WatchCalls, WatchOptions } from "./calls/watch.ts";
export { diagnosed } from "./calls/diagnosis.ts";
export { type ClusterHealth, judgeHealth, type ReplicaStanding } from "./calls/cluster_health.ts";
export type { Reconfigured, ReconfigureOptions, ReconfigureProgress } from "./calls/reconfigure.ts";
export type { ReplicaStatus } from "./calls/status_report.ts";
export type { ClientTimings } from "./loop/timings.ts";
export type { QueryOutcome } from "./calls/node_calls.ts";
