/**
 * Reads what arrives at a client: decodes it, checks it against the roster, and verifies signatures where needed. A flood of garbage costs
 * a client a bounded amount of work a second.
 */
import type { KeyRing } from "../../crypto/roster/key_ring.ts";
import { isToldUnsigned, provesPart } from "../../crypto/signing/reply_proof.ts";
import type { Verifier } from "../../crypto/signing/signing.ts";
import type { ReplyPacket } from "../../protocol/packet.ts";
import type { Profile } from "../../protocol/quorum.ts";
import { decodeReplyPacket } from "../../transport/codec/mod.ts";
import { turnsAway } from "./turned_away.ts";

/** Packets dropped, by reason; counters only increase. */
export interface InboxCounters {
  /** Not a reply packet. */
  malformed: number;
  /** The signer is no replica of the roster, or it is for another client. */
  misdirected: number;
  /** The signature does not verify, or a part is not in the tree that was signed (§7.2h). */
  forged: number;
  /** Nothing in it was awaited any more; not verified. */
  late: number;
  /** Not examined, because the connection had sent too much garbage that second. */
  muted: number;
}

/** A packet with a valid signature, or the reason it was dropped. */
export type Inbound = { readonly packet: ReplyPacket } | { readonly dropped: keyof InboxCounters };

/** Garbage packets examined per second and replica connection. */
export const MAX_GARBAGE_PER_SECOND = 100;
const SECOND_MS = 1000;

/** Reads packets for one client. */
export interface Inbox {
  readonly counters: Readonly<InboxCounters>;
  /** Replicas over whose connection came nothing but the hint that they do not know this client. */
  readonly turnedAway: ReadonlySet<string>;
  /** Takes frames that came over `replica`'s connection; `wanted` is asked before any signature is checked. */
  read(replica: string, frames: readonly Uint8Array[], wanted: (packet: ReplyPacket) => boolean, now: number): Inbound;
  /** Judges by the keys of another epoch from now on (§13.12). */
  adopt(keys: KeyRing, verifier: Verifier): void;
}

interface Budget {
  since: number;
  garbage: number;
}

/** Creates an inbox of `client` (a client id, or `operator`) of a cluster with this profile. */
export function createInbox(
  client: string,
  keys: KeyRing,
  verifier: Verifier,
  profile: Profile = "byzantine",
): Inbox {
  let by = { keys, verifier };
  const judge = profile === "crash" ? judgeSpoken : judgeSigned;
  const counters: InboxCounters = { malformed: 0, misdirected: 0, forged: 0, late: 0, muted: 0 };
  const budgets = new Map<string, Budget>();
  const budgetOf = (replica: string, now: number): Budget => {
    let budget = budgets.get(replica);
    if (budget === undefined || now - budget.since >= SECOND_MS) {
      budget = { since: now, garbage: 0 };
      budgets.set(replica, budget);
    }
    return budget;
  };
  const turnedAway = new Set<string>();
  const check = (replica: string, frames: readonly Uint8Array[], wanted: (packet: ReplyPacket) => boolean): Inbound => {
    const packet = decode(frames);
    if (packet === null) return { dropped: "malformed" };
    if (turnsAway(packet)) turnedAway.add(replica);
    const inbound = judge({ client, ...by, replica, packet }, wanted);
    if (!("dropped" in inbound)) turnedAway.delete(replica);
    return inbound;
  };
  return {
    counters,
    turnedAway,
    adopt(keys, verifier) {
      by = { keys, verifier };
      turnedAway.clear();
    },
    read(replica, frames, wanted, now) {
      const budget = budgetOf(replica, now);
      const muted = budget.garbage >= MAX_GARBAGE_PER_SECOND;
      const inbound: Inbound = muted ? { dropped: "muted" } : check(replica, frames, wanted);
      if (!("dropped" in inbound)) return inbound;
      counters[inbound.dropped]++;
      if (inbound.dropped !== "late" && !muted) budget.garbage++;
      return inbound;
    },
  };
}

/** A packet to judge, and all that it is judged by. */
interface Case {
  readonly client: string;
  readonly keys: KeyRing;
  readonly verifier: Verifier;
  /** Whose connection it came over. */
  readonly replica: string;
  readonly packet: ReplyPacket;
}

type Wanted = (packet: ReplyPacket) => boolean;

/** §1.4: where nothing is signed, a replica speaks over its own connection alone. */
function judgeSpoken({ client, replica, verifier, packet }: Case, wanted: Wanted): Inbound {
  const { message, body, signature } = packet.signed;
  if (message.replica !== replica || receiverOf(packet) !== client) return { dropped: "misdirected" };
  if (turnsAway(packet)) return { dropped: "forged" }; // a hint, and no answer
  if (!wanted(packet)) return { dropped: "late" };
  const told = packet.kind === "QueryReply"
    ? verifier.verify(message.kind, body, signature, new Uint8Array())
    : isToldUnsigned(packet);
  return told ? { packet } : { dropped: "forged" };
}

function judgeSigned({ client, keys, verifier, packet }: Case, wanted: Wanted): Inbound {
  const key = keys.replicaKey(packet.signed.message.replica);
  if (key === null || receiverOf(packet) !== client) return { dropped: "misdirected" };
  if (!wanted(packet)) return { dropped: "late" };
  return isGenuine(packet, verifier, key) ? { packet } : { dropped: "forged" };
}

const receiverOf = (packet: ReplyPacket): string =>
  packet.kind === "QueryReply" ? packet.signed.message.client : packet.part.message.client;

function isGenuine(packet: ReplyPacket, verifier: Verifier, key: Uint8Array): boolean {
  if (packet.kind !== "QueryReply") return provesPart(packet, verifier, key);
  const { message, body, signature } = packet.signed;
  return verifier.verify(message.kind, body, signature, key);
}

function decode(frames: readonly Uint8Array[]): ReplyPacket | null {
  try {
    return decodeReplyPacket(frames);
  } catch {
    // The decoder throws DecodeError only, and its message is of no use to a client.
    return null;
  }
}
