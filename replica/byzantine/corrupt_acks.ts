/**
 * A follower that only lies about its log: it acks what it lacks, two hashes at one index, heads far ahead, reports entries that are not
 * prepared or committed, complains without cause, and serves entries that are not the ones asked for (§5.4–§5.6, §8.1, §12).
 */
import type { Entry, Head } from "../../protocol/entry.ts";
import { joinRequests } from "../../protocol/entry_body.ts";
import { nextTerm, type ReplicaId } from "../../protocol/ids.ts";
import { LIMITS } from "../../protocol/limits.ts";
import type { AppendEntriesResponse } from "../../protocol/message.ts";
import type { UnsignedPacket, UnsignedPacketOf } from "../../protocol/packet.ts";
import { peersOf } from "../core/context.ts";
import { headAt, lastHead } from "../core/log/log.ts";
import type { Outgoing } from "../core/output.ts";
import type { Adversary, Victim } from "./adversary.ts";
import { accuses, createPace, far, inTurn, laterTerm, othersOf, ownCopy, wrongHash } from "./lies.ts";

/** Makes the adversary described above. Its own core receives the honest responses. */
export function corruptAcks(victim: Victim): Adversary {
  const { state, config } = victim;
  const pace = createPace(victim);
  let turns = 0;
  const lieAbout = (truth: AppendEntriesResponse, to: readonly ReplicaId[]): Outgoing[] =>
    inTurn(LIES, turns++)(victim, truth).map((signed) => ({ to, packet: { kind: "AppendEntriesResponse", signed } }));

  const corrupt = (outgoing: readonly Outgoing[], now: number): Outgoing[] => {
    const kept = outgoing.flatMap((each): Outgoing[] => {
      const { packet } = each;
      if (accuses(packet, config.self)) return [];
      const to = othersOf(each, config);
      if (packet.kind === "FetchEntriesResponse") return [{ to, packet: wrongEntries(packet, turns++) }];
      if (packet.kind !== "AppendEntriesResponse") return [each];
      return [...ownCopy(each, config.self), ...lieAbout(packet.signed, to)];
    });
    const turn = pace(now);
    if (turn === null) return kept;
    const unasked = inTurn(UNASKED, turn);
    return [...kept, ...lieAbout(truthOf(victim), peersOf(state)), {
      to: peersOf(state),
      packet: unasked(victim, turn),
    }];
  };
  return { corrupt };
}

/** Returns the honest response, if it had acked its whole log. */
function truthOf({ state, config }: Victim): AppendEntriesResponse {
  const { commitIndex, log, prepared, hard, view } = state;
  return {
    kind: "AppendEntriesResponse",
    term: hard.currentTerm,
    replica: config.self,
    acks: [lastHead(log)],
    prepared: { term: prepared.term, index: prepared.index, hash: prepared.hash },
    commitIndex,
    commitHash: headAt(log, commitIndex).hash,
    round: view.lastRound,
  };
}

/** The responses sent instead of the honest one. */
type Lie = (victim: Victim, truth: AppendEntriesResponse) => readonly AppendEntriesResponse[];

const headOf = (victim: Victim, { acks }: AppendEntriesResponse): Head => acks.at(-1) ?? lastHead(victim.state.log);

/** A lie that changes the head acked. */
const acking = (change: (head: Head, victim: Victim) => readonly Head[]): Lie => (victim, truth) => [
  { ...truth, acks: change(headOf(victim, truth), victim) },
];

const LIES: readonly Lie[] = [
  /** Another hash at its head. */
  acking(({ index }, victim) => [{ index, hash: wrongHash(victim, index) }]),
  /** The true head in one response, another in the next. */
  (victim, truth) => {
    const { index, hash } = headOf(victim, truth);
    return [hash, wrongHash(victim, index)].map((each) => ({ ...truth, acks: [{ index, hash: each }] }));
  },
  /** Entries it does not have. */
  acking(({ index }, victim) =>
    [1, 2, 3].map((by) => far(index, by)).filter((at, i, all) => at > (all[i - 1] ?? -1))
      .map((at) => ({ index: at, hash: wrongHash(victim, at) }))
  ),
  /** The last index there can be. */
  acking((head, victim) => [head, { index: far(head.index, LIMITS.maxInteger), hash: wrongHash(victim, 0) }]),
  /** Its whole log prepared in this term, which no replica certified. */
  (victim, truth) => [{ ...truth, prepared: { term: truth.term, ...lastHead(victim.state.log) } }],
  /** A prepared entry that is on no log. */
  (victim, truth) => {
    const index = far(truth.prepared.index, 5);
    return [{ ...truth, prepared: { term: truth.term, index, hash: wrongHash(victim, index) } }];
  },
  /** Commits that never happened, near and as far as can be. */
  (victim, truth) =>
    [5, LIMITS.maxInteger].map((by) => {
      const commitIndex = far(truth.commitIndex, by);
      return { ...truth, commitIndex, commitHash: wrongHash(victim, commitIndex) };
    }),
  /** Never any progress. */
  (
    victim,
    truth,
  ) => [{
    ...truth,
    acks: [],
    commitIndex: far(truth.commitIndex, -truth.commitIndex),
    commitHash: victim.state.genesis.hash,
  }],
  /** The numbers of other terms. */
  (_, truth) =>
    [1, 7, -1].map((by) => {
      const term = laterTerm(truth.term, by);
      return { ...truth, term, prepared: { ...truth.prepared, term } };
    }),
  /** The report of another term than the response's. */
  (
    victim,
    truth,
  ) => [{ ...truth, term: nextTerm(truth.term), prepared: { term: truth.term, ...lastHead(victim.state.log) } }],
  (_, truth) => [truth],
];

/** Packets sent besides, which no one asked for. */
const UNASKED: readonly ((victim: Victim, turn: number) => UnsignedPacket)[] = [
  complain(false),
  complain(true),
  ({ config, state }, turn) => ({
    kind: "FetchEntriesResponse",
    signed: {
      kind: "FetchEntriesResponse",
      replica: config.self,
      nonce: 1 + turn % 5,
      from: far(state.commitIndex, 1),
    },
    entries: [],
    certificate: state.commitCertificate,
    checkpoint: null,
  }),
];

/** Returns "I cannot append", about the latest round and from the very beginning. */
function complain(proofWanted: boolean): (victim: Victim) => UnsignedPacket {
  return ({ state, config }) => {
    const genesis: Head = { index: far(state.commitIndex, -state.commitIndex), hash: state.genesis.hash };
    return {
      kind: "ResendRequest",
      signed: {
        kind: "ResendRequest",
        term: state.hard.currentTerm,
        replica: config.self,
        round: state.view.lastRound,
        commitIndex: genesis.index,
        commitHash: genesis.hash,
        match: genesis,
        proofWanted,
      },
    };
  };
}

/** Returns an answer to FetchEntries whose entries are not the ones asked for. */
function wrongEntries(
  packet: UnsignedPacketOf<"FetchEntriesResponse">,
  turn: number,
): UnsignedPacketOf<"FetchEntriesResponse"> {
  const emptied = ({ index, term }: Entry): Entry => ({ index, term, body: joinRequests([]), requests: [] });
  switch (turn % 4) {
    case 0:
      return { ...packet, entries: packet.entries.map(emptied) };
    case 1:
      return { ...packet, entries: packet.entries.slice(0, 1) };
    case 2:
      return { ...packet, certificate: null };
    default:
      return { ...packet, entries: packet.entries.map((entry) => ({ ...entry, term: laterTerm(entry.term, 1) })) };
  }
}
