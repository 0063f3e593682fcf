/** A replica that its next roster does not list any more, and packets to hand it. */
import { sha256Hex, unhex } from "../../../crypto/digest.ts";
import type { ProtocolConstants } from "../../../protocol/config.ts";
import { logIndex, replicaId, round, term } from "../../../protocol/ids.ts";
import type { AppendEntriesResponse } from "../../../protocol/message.ts";
import type { Packet } from "../../../protocol/packet.ts";
import { countingBackend } from "../../../replica/diagnostics/counting_backend.ts";
import { Retiree } from "../../../replica/epochs/retiree.ts";
import { decodePeerPacket, encodePacket, epochOf } from "../../../transport/codec/mod.ts";
import { MemoryNetwork } from "../../../transport/mod.ts";
import type { Channel, Received } from "../../../transport/port.ts";
import { backend } from "../backends.ts";
import { EpochChain, receivedFrom } from "./epoch_lab.ts";

/** A chunk that it holds. */
export const CHUNK = Uint8Array.of(1, 2, 3);

/** r4, which epoch 2 of the chain does not list any more, is handed batches of packets one after the other. */
export function retiring(constants: Partial<ProtocolConstants> = {}) {
  const chain = new EpochChain(constants);
  chain.advance((roster) => ({ ...roster, replicas: roster.replicas.filter(({ id }) => id !== "r4") }));
  const [before, next] = [chain.of(1), chain.of(2)];
  const { backend: counting, work } = countingBackend(backend);
  const sent: (readonly [peer: string, packet: Packet, epoch: number | null])[] = [];
  const clock = { now: 0 };
  const batches: (() => Received[])[] = [];
  const transport = new MemoryNetwork().replica("r4", ["r1", "r2", "r3"]);
  const retirement = new Retiree({
    ...{ self: replicaId("r4"), secretKey: unhex(chain.keys.get("r4")!.secretKey), before, next, end: chain.ends[0]! },
    ...{ backend: counting, archive: chain.disk(2).epochs, now: () => clock.now },
    chunks: { read: (digest) => digest === sha256Hex(CHUNK) ? CHUNK : null },
    transport: {
      ...{ counters: transport.counters, wake: () => {}, flushPeers: () => {}, publish: () => {}, holdOff: () => {} },
      ...{ sendToClient: () => {}, expel: () => false, reconfigure: () => {}, close: () => Promise.resolve() },
      sendToPeer: (peer, frames) => void sent.push([peer, decodePeerPacket(frames), epochOf(frames)]),
      receive() {
        const batch = batches.shift();
        if (batch === undefined) retirement.stop();
        return Promise.resolve(batch?.() ?? []);
      },
    },
  });
  const says = (replica: string, commitIndex: number, by = replica, epoch = 2): Packet => {
    const message: AppendEntriesResponse = {
      ...{ kind: "AppendEntriesResponse", term: term(1), replica: replicaId(replica), acks: [], round: round(1) },
      prepared: { term: term(0), index: logIndex(11), hash: chain.ends[0]!.before },
      ...{ commitIndex: logIndex(commitIndex), commitHash: chain.ends[0]!.before },
    };
    return { kind: "AppendEntriesResponse", signed: chain.sign(by, epoch, message) };
  };
  const from = (owner: string, packet: Packet, channel: Channel = "published", epoch = 2): Received =>
    receivedFrom(owner, channel, encodePacket(packet, epoch));
  return {
    ...{ chain, retirement, sent, work, clock, says, from },
    /** Runs with these batches, and a pause of `ms` before each. */
    run(all: readonly (readonly Received[])[], ms = 0) {
      batches.push(...all.map((batch) => () => (clock.now += ms, [...batch])));
      return retirement.run();
    },
  };
}

/** Index of the genesis of epoch 2. */
export const GENESIS = 11;
