/** Offices, how long each lasts and what it brings about (§14.1), and their terms (§14.6). */
import type { Millis, ReplicaId } from "../../../protocol/ids.ts";
import type { Context } from "../context.ts";
import type { CoreState } from "../state.ts";
import { judgedTime } from "./judged_clock.ts";
import type { Office } from "./office_state.ts";

/** Entries that every leader commits, whether or not anybody asks for anything: its no-op (§6.6). */
const ALWAYS = 1;

/** Returns the office of the leader that this replica follows now, or null without one. */
export function presentOffice({ offices: { known }, view }: Pick<CoreState, "offices" | "view">): Office | null {
  const last = known.at(-1);
  return last !== undefined && view.leader === last.leader ? last : null;
}

/** Returns how many entries were committed in an office, as far as this replica has committed them. */
export const entriesOf = ({ base, ended }: Office, { commitIndex }: Pick<CoreState, "commitIndex">): number =>
  Math.max(0, (ended?.commitIndex ?? commitIndex) - base);

/** Begins the office of a leader that was proved just now; the last one ends with it. The last n are remembered. */
export function beginOffice({ state, now }: Context, leader: ReplicaId): void {
  const { offices: { known }, hard, quorumSizes, view, commitIndex } = state;
  const before = known.at(-1);
  if (leader !== state.config.self) state.offices.handedOverAt = -Infinity;
  if (before !== undefined) before.ended = { at: now, commitIndex };
  known.push({
    ...{ term: hard.currentTerm, leader, since: now, judgedSince: judgedTime(state, now) },
    ...{ base: view.base!.index, dueSince: null, wantedFor: null, ended: null },
  });
  if (known.length > quorumSizes.n) known.shift();
}

/** Notes when the term of the present office is over (§14.6a). The only replica of a cluster stays. */
export function tickOffice({ state, now }: Context): void {
  const office = presentOffice(state);
  if (office === null || office.dueSince !== null || state.quorumSizes.n === 1) return;
  if (isOver(state, office, now)) office.dueSince = judgedTime(state, now);
}

function isOver(state: CoreState, office: Office, now: Millis): boolean {
  const { officeEntries, officeMs } = state.config.constants;
  const entries = entriesOf(office, state);
  if (officeEntries > 0 && entries >= officeEntries) return true;
  const lasted = judgedTime(state, now) - office.judgedSince;
  return officeMs > 0 && lasted >= officeMs && entries > ALWAYS;
}

/** Returns whether the present office has been over for so long that this replica suspects its leader (§14.6b). */
export function isOverdue(state: CoreState, now: Millis): boolean {
  const dueSince = presentOffice(state)?.dueSince ?? null;
  return dueSince !== null && judgedTime(state, now) >= dueSince + 2 * state.config.constants.electionTimeoutMs;
}
