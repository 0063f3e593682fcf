/** Parts shared by faulty behaviours: the receivers of lies, the pace of speaking unasked, and forgeries. */
import { SIGNATURE_BYTES } from "../../protocol/bytes/sizes.ts";
import type { CoreConfig } from "../../protocol/config.ts";
import {
  type Digest,
  digest,
  type LogIndex,
  logIndex,
  type Millis,
  type ReplicaId,
  type Term,
} from "../../protocol/ids.ts";
import { LIMITS } from "../../protocol/limits.ts";
import type { Certified, Message, Vote } from "../../protocol/message.ts";
import type { UnsignedPacket } from "../../protocol/packet.ts";
import { certified } from "../../protocol/rank.ts";
import type { Signed } from "../../protocol/signed.ts";
import { encodeMessage } from "../../transport/codec/mod.ts";
import type { Outgoing } from "../core/output.ts";
import type { CoreState } from "../core/state.ts";
import type { Victim } from "./adversary.ts";

/** A byte string with the form of a low-S signature that no key made. */
export const GARBAGE_SIGNATURE: Uint8Array = new Uint8Array(SIGNATURE_BYTES).fill(7);

/** Returns `message` in another's name, with `signature` or the garbage one. */
export const forged = <M extends Message>(message: M, signature = GARBAGE_SIGNATURE): Signed<M> => ({
  message,
  body: encodeMessage(message),
  signature,
});

/** Returns a digest of nothing that exists; a different one for each `salt`. */
export const wrongHash = ({ hash }: Victim, salt: number): Digest =>
  digest(hash(new TextEncoder().encode(`made up ${salt}`)));

/** Returns `index` moved by `by`, within what can be encoded. */
export const far = (index: LogIndex, by: number): LogIndex => logIndex(capped(index + by));

/** Returns `term` moved by `by`, within what can be encoded; never below 1, the first term in which anything is signed. */
export const laterTerm = (term: Term, by: number): Term => Math.max(1, capped(term + by)) as Term;

const capped = (value: number): number => Math.min(Math.max(0, value), LIMITS.maxInteger);

/** Returns the point every log begins with, as a base. */
export const genesisBase = ({ genesis }: CoreState): Certified => ({
  term: 0 as Term,
  index: genesis.index,
  hash: genesis.hash,
});

/** Returns the part of `outgoing` that comes back to the replica itself: the honest core still receives its own packets, unaltered. */
export function ownCopy({ to, packet }: Outgoing, self: ReplicaId): Outgoing[] {
  return to === "all" || to.includes(self) ? [{ to: [self], packet }] : [];
}

/** Returns the receivers of `outgoing` besides the replica itself. */
export function othersOf({ to }: Pick<Outgoing, "to">, { replicas, self }: CoreConfig): ReplicaId[] {
  return (to === "all" ? replicas : to).filter((id) => id !== self);
}

/** Returns whether `packet` spreads evidence against `self`. */
export const accuses = (packet: UnsignedPacket, self: ReplicaId): boolean =>
  packet.kind === "Evidence" && packet.evidence.culprit === self;

/** Returns element `turn` of a list that is repeated endlessly. The list must not be empty. */
export const inTurn = <T>(list: readonly T[], turn: number): T => list[turn % list.length]!;

/**
 * Returns the pace at which a behaviour speaks unasked, once a heartbeat: a function that returns the number of the turn, from 0, or null
 * while none is due. Slow enough that a receiver of refused packets does not mistake the connection for a flood and mute it (§7.5).
 */
export function createPace({ config }: Victim): (now: Millis) => number | null {
  let turns = 0;
  let next = -Infinity;
  return (now) => {
    if (now < next) return null;
    next = now + config.constants.heartbeatMs;
    return turns++;
  };
}

/**
 * Returns a vote for itself in `term`, sent to itself, so that it obtains its own signature on it. The core remembers the vote it saw and
 * does not count it. Returns nothing if the core remembers a vote of that term or a later one.
 */
export function voteForItself({ state, config: { self } }: Victim, term: Term, base: Certified): Outgoing[] {
  if ((state.votesSeen.get(self)?.message.term ?? 0) >= term) return [];
  const vote: Vote = { kind: "Vote", term, candidate: self, voter: self, granted: true, base: certified(base) };
  return [{ to: [self], packet: { kind: "Vote", signed: vote } }];
}
