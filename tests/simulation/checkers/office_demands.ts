/** Demands of plans about offices: how long the service may rest between two leaders, and how long faulty replicas may lead by turns (§14). */
import type { Millis, ReplicaId } from "../../../protocol/ids.ts";
import { type Observer, ViolationError } from "../observer.ts";
import type { Plan } from "../plan/plan.ts";

/** Election timeouts until a cluster without faults has its first leader, and its clients have their sessions. */
const SETTLED = 5;

/** Returns an observer that holds a run to what its plan demands. */
export function officeDemands(plan: Plan): Observer {
  return { ...(plan.longestGapMs === undefined ? {} : gapWatch(plan, plan.longestGapMs)), ...turnWatch(plan) };
}

/** Demands an answer to some honest client every `longestMs` until the network heals. */
function gapWatch({ constants, safetyMs }: Plan, longestMs: Millis): Observer {
  let last = SETTLED * constants.electionTimeoutMs;
  return {
    accepted(_client, _answer, now) {
      const gap = Math.min(now, safetyMs) - last;
      if (gap > longestMs) throw new ViolationError("live", `no client was answered for ${gap} ms, from ${last} on`);
      last = Math.max(last, now);
    },
  };
}

/** Demands that no more than `Plan.faultyInARow` faulty replicas lead in a row. */
function turnWatch({ byzantine, faultyInARow = Infinity }: Plan): Observer {
  const faulty = new Set<string>(byzantine.map(({ replica }) => replica));
  const led: ReplicaId[] = [];
  let highest = 0;
  return {
    event(_at, { event, fields }) {
      if (event !== "leader" || Number(fields["term"]) <= highest) return;
      highest = Number(fields["term"]);
      const leader = String(fields["leader"]) as ReplicaId;
      if (faulty.has(leader)) led.push(leader);
      else led.length = 0;
      if (led.length > faultyInARow) {
        throw new ViolationError("live", `none but faulty replicas lead: ${led.join(", ")}`);
      }
    },
  };
}
