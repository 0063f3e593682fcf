/** A follower of r2, or a leader, that expects a pace, and for which nothing else is a reason to suspect (§14.7, §14.8). */
import type { ProtocolConstants } from "../../../protocol/config.ts";
import type { ChainedEntry, Head } from "../../../protocol/entry.ts";
import type { Request } from "../../../protocol/message.ts";
import type { Signed } from "../../../protocol/signed.ts";
import { lastHead } from "../../../replica/core/log/log.ts";
import { ElectionLab } from "./election_lab.ts";
import { endOf, entryAfter } from "./forge.ts";

export const PACE_MS = 1000;
const NEVER_MS = 1_000_000;

export class PaceLab extends ElectionLab {
  constructor(constants: Partial<ProtocolConstants> = {}) {
    const waits = { electionTimeoutMs: NEVER_MS, electionTimeoutCapMs: NEVER_MS, patienceMs: NEVER_MS };
    super({ constants: { ...waits, patienceCapMs: 4 * PACE_MS, paceMs: PACE_MS, ...constants } });
  }

  /** Makes one that follows r2. */
  static following(constants: Partial<ProtocolConstants> = {}): PaceLab {
    const lab = new PaceLab(constants);
    lab.follow("r2", 1);
    return lab;
  }

  /** Follows `leader` in a higher term, with the log as it is. */
  change(leader: string, termNumber: number): void {
    this.follow(leader, termNumber, [], { base: this.state.prepared, prev: lastHead(this.state.log) });
  }

  /** Has a client send this replica `request` as it is. */
  show(request: Signed<Request>): string {
    return this.request(request, false);
  }

  /** Has the leader put `requests` on the log in one entry; returns its end. */
  order(...requests: readonly Signed<Request>[]): Head {
    const entry: ChainedEntry = entryAfter(lastHead(this.state.log), this.state.hard.currentTerm, requests);
    this.append(lastHead(this.state.log), [entry]);
    return endOf([entry]);
  }

  /** Has `requests` ordered, committed and executed. */
  serve(...requests: readonly Signed<Request>[]): void {
    this.commit(this.order(...requests));
  }

  /** Requests passed on since the last call, by client and seq. */
  passedOn(): string[] {
    return this.take("ForwardedRequest").map(({ to, packet: { signed: { message } } }) =>
      `${message.client} ${message.kind === "SendRequest" ? message.seq : "register"} to ${to}`
    );
  }

  /** Milliseconds until this replica suspects, to within a tick; null if it does not `within` that time. */
  suspectsAfter(within = 20 * PACE_MS): number | null {
    const from = this.now;
    return this.wait(within, () => this.suspects) ? this.now - from : null;
  }
}
