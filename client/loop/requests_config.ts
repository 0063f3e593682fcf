/** The parts and constants of a client's requests. */
import type { Signer } from "../../crypto/signing/signing.ts";
import type { Tracing } from "../../metrics/mod.ts";
import type { ClientId } from "../../protocol/ids.ts";
import type { EpochChanges, SessionConfig } from "../session/session_types.ts";
import type { Hellos } from "./hellos.ts";
import type { Outlet } from "./outlet.ts";

export interface RequestsConfig {
  readonly client: ClientId;
  readonly replicas: ReadonlySet<string>;
  /** Number of equal answers needed (§7.2, §7.4). */
  readonly needed: number;
  readonly timeoutMs: number;
  readonly session: SessionConfig;
  readonly signer: Signer;
  readonly outlet: Outlet;
  readonly hellos: Hellos;
  readonly now: () => number;
  /** Bytes drawn at random, for registers; no two clients may ever draw the same. */
  readonly randomBytes: (count: number) => Uint8Array;
  /** A verified answer of `replica` to the request with this digest contradicts what enough others said. */
  readonly onDisagreement: (replica: string, request: string) => void;
  /** Told of each request that is over, if there are traces. */
  readonly tracing?: Tracing | null;
}

/** The parts that go by the roster in force. */
export interface RequestsChanges extends Pick<RequestsConfig, "replicas" | "needed" | "timeoutMs"> {
  readonly session: EpochChanges;
}

/** Outcome of an applied command. */
export interface Executed {
  /** The state machine's result. */
  readonly result: Uint8Array;
  /** Index of the log entry that holds it. */
  readonly index: number;
}

/** Options of one call. */
export interface CallOptions {
  /** Deadline from now, in milliseconds; the client's default otherwise. */
  readonly timeoutMs?: number;
  /** Cancels the call: it rejects with the signal's reason. What was sent may still be executed. */
  readonly signal?: AbortSignal;
}

/** Options of one request. */
export interface RequestOptions extends CallOptions {
  /** States that executing the command twice is as good as once. Default false. */
  readonly repeatable?: boolean;
}
