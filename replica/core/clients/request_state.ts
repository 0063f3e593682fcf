/** State of requests that are not settled (§7.3). */
import type { Signed } from "../../../protocol/signed.ts";
import type { SendRequest } from "../../../protocol/entry.ts";
import type { ClientId, Millis, Seq } from "../../../protocol/ids.ts";

/** A request under intervention (§7.3). */
export interface Intervention {
  readonly request: Signed<SendRequest>;
  /** Time since which it is pending here. */
  readonly since: Millis;
  /** Time at which patience ends. */
  deadline: Millis;
  restarts: number;
  expired: boolean;
  forwardAt: Millis;
  forwardInterval: Millis;
}

/** Requests known and not yet settled. */
export interface RequestState {
  /** Requests not yet in the log of this leader; a queue for each client, served in turn. */
  readonly pool: Map<ClientId, Map<Seq, Signed<SendRequest>>>;
  /** Seqs in the log above the applied index, so that a leader does not propose them again. */
  readonly proposed: Map<ClientId, Set<Seq>>;
  readonly interventions: Map<ClientId, Map<Seq, Intervention>>;
  /** Patience in force for new interventions. */
  patience: Millis;
  /** True if the commit index advanced since the last change of leader. */
  progressed: boolean;
  /** True if a request under intervention was settled since then. */
  served: boolean;
}
