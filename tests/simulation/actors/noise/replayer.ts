/** Replicas that replay packets of others, at another time and to other receivers (§12: old heartbeats, replay across terms). */
import type { Packet } from "../../../../protocol/packet.ts";
import { lastIndex } from "../../../../replica/core/log/log.ts";
import type { Rng } from "../../plan/rng.ts";
import type { Actor, FaultyReplica } from "../actor.ts";
import { createRhythm, honestStates, Speaker, withhold } from "../support/craft.ts";

/** Packets remembered of each kind. */
const ARCHIVE = 150;

/** Kinds in proportion to how often they are chosen: what changes most is replayed most. */
const KINDS: readonly Packet["kind"][] = [
  ...["AppendEntries", "AppendEntries", "AppendEntriesResponse", "AppendEntriesResponse"] as const,
  ...["Vote", "RequestVote", "PreVote", "VoteRefusal", "ResendRequest", "ForwardedRequest"] as const,
  ...["FetchEntries", "FetchEntriesResponse", "Evidence"] as const,
];

class Archive {
  readonly #kept = new Map<Packet["kind"], Packet[]>();

  keep(packet: Packet): void {
    const list = this.#kept.get(packet.kind) ?? [];
    this.#kept.set(packet.kind, list);
    // The longer a packet is kept the more surprising it is: once full, only every other newcomer replaces something in the middle.
    if (list.push(packet) > ARCHIVE) list.splice(ARCHIVE / 2, 1);
  }

  any(rng: Rng): Packet | null {
    const list = this.#kept.get(rng.pick(KINDS)) ?? [];
    return list.length === 0 ? null : rng.pick(list);
  }
}

/** Passes on any genuine packet it ever received, to replicas it was not meant for, or to the same again. */
const replayer: Actor = (faultyReplica) => {
  const { colluders, config } = faultyReplica;
  const speaker = new Speaker(faultyReplica);
  const archive = new Archive();
  const due = createRhythm(faultyReplica, Math.max(25, config.constants.heartbeatMs / 4));
  return {
    corrupt(outgoing) {
      if (!due()) return outgoing;
      for (const id of colluders.honest) {
        const packet = archive.any(colluders.rng);
        if (packet) speaker.pass([id], packet);
      }
      return outgoing;
    },
    swallows(input) {
      if (input.kind === "packet") archive.keep(input.packet);
      return false;
    },
  };
};

/**
 * Repeats a leader's latest heartbeat for as long as that term lasts, so that no replica misses a leader that is gone (§5.1). As leader
 * it serves well until everything is committed; then it is gone too, except for its last heartbeat.
 */
const heartbeatReplayer: Actor = (faultyReplica) => {
  const { config, colluders, state } = faultyReplica;
  const speaker = new Speaker(faultyReplica);
  const due = createRhythm(faultyReplica, config.constants.heartbeatMs);
  let goneIn = -1;
  return {
    corrupt(outgoing) {
      const { currentTerm } = state.hard;
      const latest = colluders.adversaryView.appends.findLast(({ signed }) => signed.message.term >= currentTerm);
      if (state.leadership && latest && goneIn !== currentTerm && isIdle(faultyReplica)) goneIn = currentTerm;
      if (latest && due()) speaker.pass(followersOf(faultyReplica, latest.signed.message.term), latest);
      return goneIn === currentTerm ? withhold(outgoing, ["AppendEntries"], config.self) : outgoing;
    },
  };
};

/** Returns whether no replica has anything uncommitted. */
const isIdle = (faultyReplica: FaultyReplica): boolean =>
  honestStates(faultyReplica).every(([, { log, commitIndex }]) => commitIndex > 0 && lastIndex(log) === commitIndex);

const followersOf = (faultyReplica: FaultyReplica, term: number) =>
  honestStates(faultyReplica).filter(([, { hard }]) => hard.currentTerm <= term).map(([id]) => id);

export const REPLAYERS: Readonly<Record<string, Actor>> = { replayer, "heartbeat-replayer": heartbeatReplayer };
