/** State of requests that are not settled (§7.3). */
import type { ClientId, LogIndex, Millis } from "../../../protocol/ids.ts";
import type { ForwardingBudget } from "./forwarding_budget.ts";
import type { Known, Waiting } from "./waiting.ts";

/** A request under intervention (§7.3). */
export interface Intervention extends Known {
  /** Time since which it is pending here. */
  readonly since: Millis;
  /** Judged time (§14.9) at which patience ends; null while it does not run, since a lower seq of the same session is held (§7.3b). */
  deadline: Millis | null;
  restarts: number;
  expired: boolean;
  forwardAt: Millis;
  forwardInterval: Millis;
  /** Registers of its client with better priority that opened a session since it was held (§7.3i). */
  overtaken: number;
}

/** Requests of a client that were under way or waiting at some time. */
export interface Wish {
  readonly at: Millis;
  readonly wanted: number;
}

/** Bytes owed at some time; they grow less. */
export interface Debt {
  readonly at: Millis;
  readonly bytes: number;
}

/** Service of a client that has requests waiting, or in the log above the applied index (§7.3k). */
export interface Service {
  /** Its requests executed since it has had any there. */
  served: number;
  /** Time from which its pace is counted, and what had been executed then. */
  since: Millis;
  servedBefore: number;
  /** The request whose time is being measured, named by how many will have been executed with it, and when that began. */
  probe: number;
  probeAt: Millis;
  /** Time that the one before took. */
  tookMs: Millis;
}

/** Requests known and not yet settled. */
export interface RequestState {
  /** Not yet in the log of this leader; clients in the order they are served in. */
  readonly pool: Map<ClientId, Waiting<Known>>;
  /** Queued commands that were shown, the last one of each session (§14.7e). */
  readonly urgent: Map<ClientId, Map<LogIndex, Known>>;
  /** Requests in the log above the applied index by {@linkcode slotOf}, so that a leader does not propose them again. */
  readonly proposed: Map<ClientId, Set<string>>;
  /** The most that clients wanted of late, for a leader's shares (§7.3j). */
  readonly wishes: Map<ClientId, Wish>;
  /** Bytes of long results for which a client has yet to wait, while others want something. */
  readonly debts: Map<ClientId, Debt>;
  /** Time at which a client that has something waiting was served last, or came to wait. */
  readonly turnAt: Map<ClientId, Millis>;
  /** Service of each client by this leader. */
  readonly services: Map<ClientId, Service>;
  /** Least time that a request took under this leader; Infinity before one was measured. */
  quickestMs: Millis;
  /** By client, those whose requests were passed on last at the end. */
  readonly interventions: Map<ClientId, Waiting<Intervention>>;
  /** Budgets for passing on what was shown (§14.7c), and the rest. */
  readonly forwardingShown: ForwardingBudget;
  readonly forwarding: ForwardingBudget;
  /** Patience in force for new interventions. */
  patience: Millis;
  /** True if the commit index advanced since the last change of leader. */
  progressed: boolean;
  /** True if a request under intervention was settled since then. */
  served: boolean;
}
