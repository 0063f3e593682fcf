/** The key-value store, the built-in state machine, and the encodings of its commands and results. */
export { decodeKvCommand, encodeKvCommand, KV_COMMAND_VERSION } from "./kv_command.ts";
export type {
  CasCommand,
  DeleteCommand,
  GetCommand,
  KvCommand,
  KvQuery,
  ListCommand,
  PutCommand,
} from "./kv_command.ts";
export { FrozenStore } from "./frozen_store.ts";
export { KV_LIMITS } from "./kv_limits.ts";
export { decodeKvResult, encodeKvResult, KV_RESULT_VERSION } from "./kv_result.ts";
export type {
  AbsentResult,
  KvResult,
  ListItem,
  ListResult,
  MalformedResult,
  NotAQueryResult,
  RefusedResult,
  ValueResult,
  WrittenResult,
} from "./kv_result.ts";
export { KvStore } from "./kv_store.ts";
export type { KvChange, KvStoreOptions } from "./kv_store.ts";
