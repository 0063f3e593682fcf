/** The key-value store, the built-in state machine, and the encodings of its commands, results and events. */
export { denialBy, watchDenialBy } from "./access.ts";
export { decodeEvent, type KvChange } from "./kv_change.ts";
export { decodeKvCommand, encodeKvCommand, KV_COMMAND_VERSION, type KvCommand, type KvQuery } from "./kv_command.ts";
export type {
  CasCommand,
  DeleteCommand,
  GetCommand,
  KvOperation,
  ListCommand,
  PutCommand,
  RangeCommand,
  ReadCommand,
} from "./kv_operation.ts";
export type {
  Compare,
  RevisionCompare,
  TransactionCommand,
  TransactionOperation,
  ValueCompare,
} from "./kv_transaction.ts";
export type { GrantCommand, LeaseCommand, LeasesCommand } from "./leases/lease_command.ts";
export type { LeaseItem } from "./leases/lease_result.ts";
export { FrozenStore } from "./pages/frozen_store.ts";
export { KV_LIMITS } from "./kv_limits.ts";
export { decodeKvResult, encodeKvResult, KV_RESULT_VERSION } from "./kv_result.ts";
export type {
  AbsentResult,
  DeniedResult,
  KeyItem,
  KeysResult,
  KvResult,
  ListItem,
  ListResult,
  MalformedResult,
  NotAQueryResult,
  OperationResult,
  RefusedResult,
  TooLargeResult,
  TransactionResult,
  ValueResult,
  WrittenResult,
} from "./kv_result.ts";
export { KvStore } from "./kv_store.ts";
export { decodeKvWatch, encodeKvWatch, isWatched, type KvWatch } from "./kv_watch.ts";
