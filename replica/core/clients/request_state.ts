/** State of requests that are not settled (§7.3). */
import type { Request } from "../../../protocol/entry.ts";
import type { ClientId, Digest, LogIndex, Millis, Seq } from "../../../protocol/ids.ts";
import type { Signed } from "../../../protocol/signed.ts";

/** A request and the digest of its body, which names it (§7.2). */
export interface Known {
  readonly request: Signed<Request>;
  readonly digest: Digest;
}

/** One lane: commands by their seqs, or registers by their digests. */
export type Lane<T> = Map<Seq | Digest, T>;

/** The requests of one client in lanes by session, in the order they are served in; registers wait in lane 0. */
export type Waiting<T extends Known> = Map<LogIndex, Lane<T>>;

/** A request under intervention (§7.3). */
export interface Intervention extends Known {
  /** Time since which it is pending here. */
  readonly since: Millis;
  /** Time at which patience ends; null while it does not run, since a lower seq of the same session is held (§7.3b). */
  deadline: Millis | null;
  restarts: number;
  expired: boolean;
  forwardAt: Millis;
  forwardInterval: Millis;
  /** Registers of its client with better priority that opened a session since it was held (§7.3i). */
  overtaken: number;
}

/** Requests known and not yet settled. */
export interface RequestState {
  /** Not yet in the log of this leader; clients in the order they are served in. */
  readonly pool: Map<ClientId, Waiting<Known>>;
  /** Requests in the log above the applied index by their slots (`waiting.ts`), so that a leader does not propose them again. */
  readonly proposed: Map<ClientId, Set<string>>;
  readonly interventions: Map<ClientId, Waiting<Intervention>>;
  /** Patience in force for new interventions. */
  patience: Millis;
  /** True if the commit index advanced since the last change of leader. */
  progressed: boolean;
  /** True if a request under intervention was settled since then. */
  served: boolean;
}
