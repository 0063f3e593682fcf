/** The session table's content for each client (§7.1). */
import type { ProtocolConstants } from "../config.ts";
import type { ClientId, Digest, LogIndex, Seq } from "../ids.ts";
import type { LogTime } from "./log_time.ts";

/** The roster's constants that bound the table. */
export type SessionBounds = Pick<ProtocolConstants, "sessionWindow" | "sessionsPerClient" | "registrationHorizon">;

/** One executed command and its result. */
export interface Kept {
  readonly digest: Digest;
  /** Index of the entry that executed it. */
  readonly index: LogIndex;
  readonly result: Uint8Array;
}

/** An open session. */
export interface Session {
  /** Index of the entry that opened it. */
  readonly id: LogIndex;
  /** Digest of its register. */
  readonly register: Digest;
  /** Low edge of the window; moved only by the client's own signed floor. */
  floor: Seq;
  /** Index of the last entry that executed a command of it for the first time; its id before (§7.1d). */
  lastUsed: LogIndex;
  /** Highest seq executed; 0 before the first. */
  highest: Seq;
  /** The executed commands of the window. */
  readonly answers: Map<Seq, Kept>;
  /** Bytes of their results. */
  bytes: number;
}

/** One client's sessions. */
export interface ClientSessions {
  /** Highest id of any session ever closed; 0 before the first. A register with a base below it is void. */
  registerFloor: LogIndex;
  /** The open ones by id, ascending. */
  readonly live: Map<LogIndex, Session>;
  /** The latest closed ones, in the order they were closed, and the highest seq executed in each. */
  readonly closed: Map<LogIndex, Seq>;
}

/** The session table: a part of the replicated state. */
export interface SessionTable {
  readonly bounds: SessionBounds;
  /** Index of the epoch's genesis: registers of an earlier epoch open nothing (§13.5). */
  readonly genesis: LogIndex;
  readonly clients: Map<ClientId, ClientSessions>;
  /** Log time, which is kept beside the sessions (§15.2). */
  readonly time: LogTime;
}
