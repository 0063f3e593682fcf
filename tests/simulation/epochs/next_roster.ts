/** The roster that operators make of the one in force. */
import type { ReplicaId } from "../../../protocol/ids.ts";
import { plainlyNext } from "../../support/rosters/plain_rosters.ts";
import { keyIn } from "../../support/rosters/plain_rosters.ts";
import type { RosterEdit, Target } from "../plan/plan.ts";
import { leastReplicas, toleratedBy } from "../plan/tolerance.ts";
import type { SimEpoch, SimRoster } from "./run_epochs.ts";

export interface EditSources {
  readonly isFaulty: (id: ReplicaId) => boolean;
  /** Returns the replica that a target means now. */
  readonly resolve: (target: Target) => ReplicaId | null;
  readonly maxReplicas: number;
  /** Returns whether every honest member that is late would still be let in by somebody it lets in itself (§13.11). */
  readonly isReached: (after: SimRoster) => boolean;
}

/** Returns the roster behind `epoch` with those edits that may follow it. */
export function nextRoster({ roster }: SimEpoch, edits: readonly RosterEdit[], sources: EditSources): SimRoster {
  let draft: SimRoster = roster;
  for (const edit of edits) {
    const edited = apply(draft, edit, sources);
    if (edited !== null && mayFollow(roster, edited, sources)) draft = edited;
  }
  return plainlyNext(roster, draft) as SimRoster;
}

function apply(roster: SimRoster, edit: RosterEdit, { resolve }: EditSources): SimRoster | null {
  const { replicas, clients, constants, keys = {}, access = {} } = roster;
  const placeOf = (target: Target): number => replicas.indexOf(resolve(target) ?? "");
  switch (edit.edit) {
    case "add":
      return replicas.includes(edit.replica) ? null : { ...roster, replicas: [...replicas, edit.replica] };
    case "replace": {
      const place = placeOf(edit.replica);
      if (place < 0 || replicas.includes(edit.by)) return null;
      return { ...roster, replicas: replicas.with(place, edit.by) };
    }
    case "remove": {
      const place = placeOf(edit.replica);
      return place < 0 ? null : { ...roster, replicas: replicas.toSpliced(place, 1) };
    }
    case "rekey": {
      const id = replicas[placeOf(edit.replica)];
      return id === undefined ? null : { ...roster, keys: { ...keys, [id]: keyIn(roster, id) + 1 } };
    }
    case "revoke":
      return { ...roster, clients: clients.filter((id) => id !== edit.client) };
    case "admit":
      return clients.includes(edit.client) ? null : { ...roster, clients: [...clients, edit.client] };
    case "rights": {
      const { [edit.client]: _before, ...others } = access;
      return { ...roster, access: edit.access === null ? others : { ...others, [edit.client]: edit.access } };
    }
    case "constants":
      return { ...roster, constants: { ...constants, ...edit.constants } };
  }
}

/** §13.1, as far as it is the operators' to see to it; and no roster has more faulty replicas than it tolerates. */
function mayFollow(before: SimRoster, after: SimRoster, { isFaulty, maxReplicas, isReached }: EditSources): boolean {
  const { constants: { profile }, replicas } = after;
  const [n, m] = [before.replicas.length, replicas.length];
  if (m < leastReplicas(profile) || m > maxReplicas) return false;
  const staying = replicas.filter((id) => before.replicas.includes(id) && keyIn(before, id) === keyIn(after, id));
  const wanted = profile === "crash" ? 1 : toleratedBy(n, profile) + 1;
  const faulty = (replicas as ReplicaId[]).filter(isFaulty).length;
  return staying.length >= wanted && faulty <= toleratedBy(m, profile) && isReached(after);
}
