/** A replica whose packets are lost, late, doubled, or have one thing changed, a different one for each receiver, and are always signed. */
import type { Head } from "../../../../protocol/entry.ts";
import type { Digest, LogIndex, ReplicaId, Term } from "../../../../protocol/ids.ts";
import type { PeerMessage } from "../../../../protocol/message.ts";
import type { UnsignedPacket } from "../../../../protocol/packet.ts";
import { far, laterTerm, othersOf, ownCopy } from "../../../../replica/byzantine/lies.ts";
import type { Actor, FaultyReplica } from "../actor.ts";
import { Speaker } from "../support/craft.ts";

/** Share of packets that reach a receiver as they are, and what happens to the rest. */
const UNTOUCHED = 0.5;
const LATEST_MS = 1_500;

const mutator: Actor = (faultyReplica) => {
  const { colluders, config } = faultyReplica;
  const speaker = new Speaker(faultyReplica);
  const fates: readonly ((to: ReplicaId, packet: UnsignedPacket) => void)[] = [
    () => {},
    (to, packet) => colluders.later(colluders.rng.next() * LATEST_MS, () => speaker.say([to], packet)),
    (to, packet) => [1, 2].forEach(() => speaker.say([to], packet)),
    (to, packet) => speaker.say([to], altered(faultyReplica, packet)),
    (to, packet) => speaker.say([to], altered(faultyReplica, packet)),
    (to, packet) => [packet, altered(faultyReplica, packet)].forEach((each) => speaker.say([to], each)),
  ];
  return {
    corrupt: (outgoing) =>
      outgoing.flatMap((each) => {
        const sound: ReplicaId[] = [];
        for (const id of othersOf(each, config)) {
          if (colluders.rng.chance(UNTOUCHED)) sound.push(id);
          else colluders.rng.pick(fates)(id, each.packet);
        }
        return [...ownCopy(each, config.self), ...(sound.length > 0 ? [{ to: sound, packet: each.packet }] : [])];
      }),
  };
};

/** Returns `packet` with one field of its signed part changed; a packet without a signature of this replica stays as it is. */
function altered(faultyReplica: FaultyReplica, packet: UnsignedPacket): UnsignedPacket {
  if (packet.kind === "ForwardedRequest" || packet.kind === "Evidence") return packet;
  const message: PeerMessage = packet.signed;
  const fields = Object.entries(message).filter(([name]) => name !== "kind" && name !== "granted");
  const [name, value] = faultyReplica.colluders.rng.pick(fields);
  const changed = { ...packet, signed: { ...message, [name]: another(faultyReplica, name, value) } } as UnsignedPacket;
  // As many entries as hashes: nothing else can be encoded.
  if (changed.kind !== "AppendEntries") return changed;
  return { ...changed, entries: changed.entries.slice(0, changed.signed.entryHashes.length) };
}

/** Returns another value of the same type for the field `name`. */
function another(faultyReplica: FaultyReplica, name: string, value: unknown): unknown {
  const { rng } = faultyReplica.colluders;
  if (name === "term") return laterTerm(value as Term, rng.pick([-1, 1, 1, 2]));
  if (typeof value === "number") return far(value as LogIndex, rng.pick([-3, -2, -1, 1, 2, 3]));
  if (typeof value === "boolean") return !value;
  if (typeof value === "string") {
    return value.length === 64 ? knownHash(faultyReplica) : rng.pick(faultyReplica.config.replicas);
  }
  if (name === "acks") {
    return inOrder(anotherList(faultyReplica, value as readonly Head[], (head) => anotherHead(faultyReplica, head)));
  }
  if (name === "entryHashes") {
    return anotherList(faultyReplica, value as readonly Digest[], () => knownHash(faultyReplica));
  }
  if (name === "digests") {
    return someOf(anotherList(faultyReplica, value as readonly Digest[], () => knownHash(faultyReplica)), value);
  }
  return anotherHead(faultyReplica, value as Head);
}

/** Returns `digests` as they can be encoded: different from each other, and at least one. */
const someOf = (digests: readonly Digest[], before: unknown): unknown =>
  digests.length > 0 ? [...new Set(digests)] : before;

/** Returns the list with fewer items, or with one changed. */
function anotherList<T>(
  { colluders: { rng } }: FaultyReplica,
  list: readonly T[],
  change: (item: T) => T,
): readonly T[] {
  const at = rng.int(0, list.length);
  return rng.chance(0.3) ? list.slice(0, at) : list.map((item, i) => i === at % list.length ? change(item) : item);
}

/** Returns `acks` as they can be encoded: ascending by index. */
const inOrder = (acks: readonly Head[]): Head[] =>
  [...new Map(acks.map((ack) => [ack.index, ack])).values()].sort((a, b) => a.index - b.index);

/** Returns a head or certified point with another index, hash or term. */
function anotherHead(faultyReplica: FaultyReplica, head: Head & { readonly term?: Term }): Head {
  const { rng } = faultyReplica.colluders;
  const kind = rng.int(0, head.term === undefined ? 1 : 2);
  if (kind === 0) return { ...head, index: far(head.index, rng.pick([-2, -1, 1, 2, 3])) };
  if (kind === 1) return { ...head, hash: knownHash(faultyReplica) };
  const term = Math.max(0, (head.term ?? 0) + rng.pick([-1, 1, 2])) as Term;
  return { ...head, term } as Head;
}

/** Returns the hash of some other point on any replica's log. */
function knownHash({ colluders, state }: FaultyReplica): Digest {
  const log = colluders.peek(colluders.rng.pick([...colluders.honest, ...colluders.members]))?.log ?? state.log;
  return log.entries.length === 0 ? state.genesis.hash : colluders.rng.pick(log.entries.slice(-12)).hash;
}

export const MUTATORS: Readonly<Record<string, Actor>> = { mutator };
