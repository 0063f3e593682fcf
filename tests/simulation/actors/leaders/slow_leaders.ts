/** Leaders that do everything right, and late: to all, to some, or to one (§14.8). `slow` is among them, a mode of real processes. */
import type { LogIndex, Millis, ReplicaId, Round } from "../../../../protocol/ids.ts";
import { LIMITS } from "../../../../protocol/limits.ts";
import { lateOrders } from "../../../../replica/byzantine/late_orders.ts";
import { createAdversary } from "../../../../replica/byzantine/mod.ts";
import { headAt, lastIndex, slice } from "../../../../replica/core/log/log.ts";
import type { Outgoing } from "../../../../replica/core/output.ts";
import type { CoreState } from "../../../../replica/core/state.ts";
import type { Actor } from "../actor.ts";

/** Election timeouts that a request waits. */
const LATE = 2.5;

/** Keeps every request waiting for as long as the next, so that entries flow. */
const smooth: Actor = (replica) => {
  const lateMs = LATE * replica.config.constants.electionTimeoutMs;
  return lateOrders(replica, (_, now) => now + lateMs);
};

/** Keeps each as long as nobody holds against it: less than half a pace, half a pace after a client shows it (§14.8). */
const floor: Actor = (replica) => {
  const lateMs = 0.9 * replica.config.constants.paceMs;
  return lateOrders(replica, (_, now) => now + lateMs);
};

/** Serves every other client at once. */
const favouring: Actor = (replica) => {
  const { clients, constants } = replica.config;
  const favoured = new Set([...clients].filter((_, i) => i % 2 === 0));
  return lateOrders(
    replica,
    ({ client }, now) => favoured.has(client) ? null : now + LATE * constants.electionTimeoutMs,
  );
};

/** Takes no command of the roster's first client, and those of all others, its colluders among them, at once. */
const censor: Actor = (replica) => {
  const [victim] = replica.config.clients;
  return lateOrders(replica, ({ kind, client }) => kind === "SendRequest" && client === victim ? Infinity : null);
};

/** Part of an election timeout for which it keeps its entries from most: too short for any timer. */
const HIDDEN = 0.9;

/** Orders at once, but shows its entries to one honest follower only, and to the others so late that nothing is committed before. */
const partialShower: Actor = ({ state, config, colluders }) => {
  const appended: { readonly index: LogIndex; readonly at: Millis }[] = [];
  const friend = colluders.honest[0]!;
  let beatAt: Millis = -Infinity;
  let shown = 0 as LogIndex;
  return {
    corrupt(outgoing, now) {
      if (state.leadership === null) return outgoing;
      const last = lastIndex(state.log);
      if (last > (appended.at(-1)?.index ?? 0)) appended.push({ index: last, at: now });
      const victims = config.replicas.filter((id) => id !== config.self && id !== friend);
      const upTo = showable(state, appended, now - HIDDEN * config.constants.electionTimeoutMs);
      const kept = outgoing.flatMap((each) => withoutEntriesFor(victims, config.replicas, each));
      if (upTo === shown && now < beatAt + config.constants.heartbeatMs) return kept;
      [beatAt, shown] = [now, upTo];
      return [...kept, ...victims.map((id) => showTo(state, id, upTo))];
    },
  };
};

/** Returns the last index that was appended by `at`; the term's first entry is shown at once. */
function showable(
  { view: { base } }: CoreState,
  appended: readonly { index: LogIndex; at: Millis }[],
  at: Millis,
): LogIndex {
  const first = (base?.index ?? 0) + 1 as LogIndex;
  return Math.max(first, appended.findLast((each) => each.at <= at)?.index ?? 0) as LogIndex;
}

function withoutEntriesFor(
  victims: readonly ReplicaId[],
  all: readonly ReplicaId[],
  { to, packet }: Outgoing,
): Outgoing[] {
  if (packet.kind !== "AppendEntries") return [{ to, packet }];
  const left = (to === "all" ? all : to).filter((id) => !victims.includes(id));
  return left.length === 0 ? [] : [{ to: left, packet }];
}

/** Returns a header of a new round for `id`, with what it lacks of the log up to `upTo`. */
function showTo(state: CoreState, id: ReplicaId, upTo: LogIndex): Outgoing {
  const leadership = state.leadership!;
  const { match } = leadership.progress.get(id)!;
  const from = Math.max(match, state.view.base!.index, state.log.base.index) as LogIndex;
  const entries = slice(state.log, from, Math.min(upTo, from + LIMITS.maxAppendEntries) as LogIndex);
  leadership.round = (leadership.round + 1) as Round;
  return {
    to: [id],
    packet: {
      kind: "AppendEntries",
      signed: {
        ...{ kind: "AppendEntries", term: state.hard.currentTerm, leader: state.config.self, round: leadership.round },
        ...{ prevIndex: from, prevHash: headAt(state.log, from).hash },
        ...{ entryHashes: entries.map(({ hash }) => hash), commitIndex: Math.min(state.commitIndex, upTo) as LogIndex },
      },
      entries: entries.map(({ entry }) => entry),
      proof: match === 0 ? state.electionProof : null,
    },
  };
}

export const SLOW_LEADERS: Readonly<Record<string, Actor>> = {
  slow: (replica) => createAdversary("slow", replica),
  "smooth-slow-leader": smooth,
  "floor-leader": floor,
  "favouring-leader": favouring,
  "colluding-censor": censor,
  "partial-shower": partialShower,
};
