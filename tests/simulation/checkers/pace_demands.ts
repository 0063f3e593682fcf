/** Demands of plans about slow leaders (§14.8): until when they are gone, whom nobody may call slow, and how long clients wait. */
import { sha256Hex } from "../../../crypto/digest.ts";
import { type Digest, type Millis, type ReplicaId, replicaId } from "../../../protocol/ids.ts";
import { quorumOf } from "../../../protocol/quorum.ts";
import { fanOut } from "../fan_out.ts";
import { type Observer, ViolationError } from "../observer.ts";
import type { Plan } from "../plan/plan.ts";

/** Returns an observer that holds a run to what its plan demands. */
export function paceDemands(plan: Plan): Observer {
  const { honestFromMs, noneTooSlow, mostLeaders, longestWaitMs } = plan;
  const faulty = new Set<string>(plan.byzantine.map(({ replica }) => replica));
  return fanOut([
    paceWatch(quorumOf(plan.replicas.length, plan.constants.profile).weak, faulty),
    ...(honestFromMs === undefined ? [] : [reignWatch(faulty, honestFromMs)]),
    ...(noneTooSlow ? [slanderWatch(faulty, plan.safetyMs)] : []),
    ...(mostLeaders === undefined ? [] : [changeWatch(mostLeaders, plan.safetyMs)]),
    ...(longestWaitMs === undefined ? [] : [waitWatch(plan, longestWaitMs)]),
  ]);
}

const live = (text: string) => new ViolationError("live", text);

/** Demands that no honest replica eases its pace before f + 1 different leaders were too slow for it (§14.8h). */
const paceWatch = (wanted: number, faulty: ReadonlySet<string>): Observer => ({
  event(at, { event, fields }) {
    if (event !== "pace" || faulty.has(at) || Number(fields["to"]) < Number(fields["from"])) return;
    const leaders = new Set(String(fields["leaders"]).split(" "));
    if (leaders.size < wanted) {
      throw live(`${at} eases its pace for ${[...leaders].join(", ")}, wanted ${wanted} leaders`);
    }
  },
});

/** Demands that from `from` on no honest replica knows a faulty leader. */
function reignWatch(faulty: ReadonlySet<string>, from: Millis): Observer {
  const followed = new Map<ReplicaId, string>();
  const judge = (now: Millis) => {
    const [late] = now < from ? [] : [...followed].filter(([, leader]) => faulty.has(leader));
    if (late !== undefined) throw live(`${late[0]} still follows ${late[1]} at ${now}`);
  };
  return {
    event(at, { event, fields }, now) {
      if (event === "leader" && !faulty.has(at)) followed.set(at, String(fields["leader"]));
      judge(now);
    },
    sent: (_from, _to, _packet, _disk, now) => judge(now),
  };
}

/** Demands that until the network heals no honest replica finds an honest leader too slow. */
const slanderWatch = (faulty: ReadonlySet<string>, until: Millis): Observer => ({
  event(at, { event, fields }, now) {
    const { reason, leader, client, waitedMs } = fields;
    if (event !== "suspect" || reason !== "pace" || now > until || faulty.has(at) || faulty.has(String(leader))) return;
    throw live(`${at} finds ${leader} too slow at ${now}: ${client} has waited for ${waitedMs} ms`);
  },
});

/** Demands that until the network heals no more than `most` leaders are proved. */
function changeWatch(most: number, until: Millis): Observer {
  const terms = new Set<unknown>();
  return {
    event(_at, { event, fields }, now) {
      if (event !== "leader" || now > until) return;
      terms.add(fields["term"]);
      if (terms.size > most) throw live(`${terms.size} leaders by ${now}, wanted at most ${most}`);
    },
  };
}

/** Demands that each command of an honest client is answered within `longestMs`, if that ends before the network heals. */
function waitWatch({ clients, safetyMs }: Plan, longestMs: Millis): Observer {
  const honest = new Set(clients.filter(({ behaviour }) => behaviour === "honest").map(({ id }) => id));
  const open = new Map<Digest, { readonly client: string; readonly at: Millis }>();
  const judge = (now: Millis) => {
    const [oldest] = open.values();
    if (oldest === undefined || now > safetyMs || now <= oldest.at + longestMs) return;
    throw live(`${oldest.client} has waited for ${now - oldest.at} ms at ${now}`);
  };
  return {
    requested({ message, body }, now) {
      if (message.kind !== "SendRequest" || !honest.has(message.client)) return;
      open.set(sha256Hex(body), { client: message.client, at: now });
    },
    accepted: (_client, { request }) => void open.delete(request),
    sent: (_from, _to, _packet, _disk, now) => judge(now),
  };
}

/** Returns the replicas whose turns to lead come first (§6.10), one after the other in the first terms. */
export const leadFirst = (replicas: readonly ReplicaId[], count: number): ReplicaId[] =>
  Array.from({ length: count }, (_, i) => replicaId(replicas[(i + 1) % replicas.length]!));
