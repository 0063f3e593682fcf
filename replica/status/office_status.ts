/** The part of a status on leaders in office (§14): who leads and led, for how long, and why each was to go. */
import type { Millis } from "../../protocol/ids.ts";
import { judgedTime } from "../core/offices/judged_clock.ts";
import type { Office } from "../core/offices/office_state.ts";
import { entriesOf, presentOffice } from "../core/offices/terms_of_office.ts";
import type { CoreState } from "../core/state.ts";

/** An office as this replica saw it. */
export interface OfficeStatus {
  readonly term: number;
  readonly leader: string;
  /** Time from its proof here to the next leader's, or until now. */
  readonly forMs: Millis;
  /** Entries committed in it, as far as this replica has committed them. */
  readonly entries: number;
  /** Reason for which this replica wanted it to end; null if it did not. */
  readonly wantedFor: string | null;
}

export interface OfficesStatus {
  /** Null while no leader is known. `dueForMs`: time since which the roster's term of office is over; null before. */
  readonly current: OfficeStatus & { readonly dueForMs: Millis | null } | null;
  /** The last ones, newest last; forgotten at a restart. */
  readonly past: readonly OfficeStatus[];
  /** The hand-over of the present leader: begun if this replica leads, else as its word says; null without one. */
  readonly handOver: HandOverStatus | null;
  /** Time for which this replica did not get to run, as it says itself, and therefore held nothing against a leader. */
  readonly starvedMs: Millis;
}

export interface HandOverStatus {
  /** Null until the leader has named one. */
  readonly successor: string | null;
  /** The leader alone knows it. */
  readonly reason: string | null;
}

export function officesStatus(state: CoreState, now: Millis): { readonly offices: OfficesStatus } {
  const present = presentOffice(state);
  const past = state.offices.known.filter((office) => office !== present);
  return {
    offices: {
      current: present && { ...officeOf(present, state, now), dueForMs: dueFor(present, state, now) },
      past: past.map((office) => officeOf(office, state, now)),
      handOver: handOverOf(state),
      starvedMs: Math.round(state.clock.starvedMs),
    },
  };
}

const officeOf = (office: Office, state: CoreState, now: Millis): OfficeStatus => ({
  term: office.term,
  leader: office.leader,
  forMs: Math.round((office.ended?.at ?? now) - office.since),
  entries: entriesOf(office, state),
  wantedFor: office.wantedFor,
});

const dueFor = ({ dueSince }: Office, state: CoreState, now: Millis): Millis | null =>
  dueSince === null ? null : Math.round(judgedTime(state, now) - dueSince);

function handOverOf({ view: { handOver }, leadership }: CoreState): HandOverStatus | null {
  const handing = leadership?.handing ?? null;
  if (handing === null && handOver === null) return null;
  return { successor: handOver?.successor ?? null, reason: handing?.reason ?? null };
}
