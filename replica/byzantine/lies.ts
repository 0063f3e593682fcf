/** What faulty behaviours share: whom they lie to, how often they speak unasked, and what a forgery looks like. */
import { SIGNATURE_BYTES } from "../../protocol/bytes/sizes.ts";
import { encodeMessage } from "../../transport/codec/mod.ts";
import type { Certified, Message, Vote } from "../../protocol/message.ts";
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
import type { Outgoing } from "../core/output.ts";
import type { CoreState } from "../core/state.ts";
import type { UnsignedPacket } from "../../protocol/packet.ts";
import { certified } from "../../protocol/rank.ts";
import type { Victim } from "./adversary.ts";
import type { Signed } from "../../protocol/signed.ts";

/** Looks like a signature, low-S and all, and is nobody's. */
export const GARBAGE_SIGNATURE: Uint8Array = new Uint8Array(SIGNATURE_BYTES).fill(7);

/** `message` in somebody's name, with `signature` or one that is nobody's. */
export const forged = <M extends Message>(message: M, signature = GARBAGE_SIGNATURE): Signed<M> => ({
  message,
  body: encodeMessage(message),
  signature,
});

/** A digest of nothing that exists; another one for each `salt`. */
export const wrongHash = ({ hash }: Victim, salt: number): Digest =>
  digest(hash(new TextEncoder().encode(`made up ${salt}`)));

/** `index` moved by `by`, within what can be encoded. */
export const far = (index: LogIndex, by: number): LogIndex => logIndex(capped(index + by));

/** `term` moved by `by`, within what can be encoded; never below 1, in which term nothing is signed. */
export const laterTerm = (term: Term, by: number): Term => Math.max(1, capped(term + by)) as Term;

const capped = (value: number): number => Math.min(Math.max(0, value), LIMITS.maxInteger);

/** The point every log begins with, as a base. */
export const genesisBase = ({ genesis }: CoreState): Certified => ({
  term: 0 as Term,
  index: logIndex(0),
  hash: genesis,
});

/** What of `outgoing` comes back to the replica itself: the honest core goes on hearing its own packets, unaltered. */
export function ownCopy({ to, packet }: Outgoing, self: ReplicaId): Outgoing[] {
  return to === "all" || to.includes(self) ? [{ to: [self], packet }] : [];
}

/** Whom `outgoing` goes to besides the replica itself. */
export function othersOf({ to }: Pick<Outgoing, "to">, { replicas, self }: CoreConfig): ReplicaId[] {
  return (to === "all" ? replicas : to).filter((id) => id !== self);
}

/** Whether `packet` spreads what others found out about `self`. */
export const accuses = (packet: UnsignedPacket, self: ReplicaId): boolean =>
  packet.kind === "Evidence" && packet.evidence.culprit === self;

/** Element `turn` of a list that begins again when it is through. The list must not be empty. */
export const inTurn = <T>(list: readonly T[], turn: number): T => list[turn % list.length]!;

/**
 * How often a behaviour speaks unasked: once a heartbeat. Gives the number of the turn, from 0, or null while none is due. Slow
 * enough that a receiver of refused packets does not take the connection for a flood and mute it (§7.5).
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
 * A vote for itself in `term`, sent to itself: so it gets its own signature on it. The core remembers the vote it saw and counts it for
 * nothing. Nothing where it remembers one of that term or a later one.
 */
export function voteForItself({ state, config: { self } }: Victim, term: Term, base: Certified): Outgoing[] {
  if ((state.votesSeen.get(self)?.message.term ?? 0) >= term) return [];
  const vote: Vote = { kind: "Vote", term, candidate: self, voter: self, granted: true, base: certified(base) };
  return [{ to: [self], packet: { kind: "Vote", signed: vote } }];
}
