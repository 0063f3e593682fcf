/** What a replica remembers of requests that are not settled (§7.3). */
import type { ClientId, Millis } from "../../../protocol/ids.ts";
import type { Known, Waiting } from "./waiting.ts";

/** A request under intervention (§7.3). */
export interface Intervention extends Known {
  /** When it began to be pending here. */
  readonly since: Millis;
  /** When patience ends; null while it does not run, since a lower seq of the same session is held (§7.3b). */
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
  /** Requests in the log above the applied index by {@linkcode slotOf}, so that a leader does not propose them again. */
  readonly proposed: Map<ClientId, Set<string>>;
  readonly interventions: Map<ClientId, Waiting<Intervention>>;
  /** Patience in force for new interventions. */
  patience: Millis;
  /** Whether the commit index advanced since the last leader change. */
  progressed: boolean;
  /** Whether a request under intervention was settled since then. */
  served: boolean;
}
