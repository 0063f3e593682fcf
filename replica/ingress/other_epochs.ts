/** Packets of other epochs than the one in force (§13.6, §13.8): who is late is told, and nobody is blamed. */
import type { Packet } from "../../protocol/packet.ts";
import type { EpochTalk } from "../epochs/epoch_talk.ts";

/** Returns whether a packet names another epoch: it is not looked into, and held against nobody, as one of the two is late. `peer` is who sent it, if that is known. */
export function isOfAnotherEpoch(talk: EpochTalk, peer: string | null, named: number | null, now: number): boolean {
  if (named === null || named === talk.epoch) return false;
  if (peer !== null) talk.heard(peer, named, now);
  return true;
}

/** Returns whether a packet asks for the end of another epoch, which is shown. */
export function asksForEnd(talk: EpochTalk, peer: string | null, packet: Packet, now: number): boolean {
  if (packet.kind !== "FetchEpoch" || packet.epoch === talk.epoch) return false;
  if (peer !== null) talk.show(peer, packet.epoch, now);
  return true;
}

/** Returns whether a packet shows the end of an epoch that is over: this replica may have asked for it. */
export function showsOlderEnd(talk: EpochTalk, peer: string | null, packet: Packet): boolean {
  if (packet.kind !== "EpochEnd" || packet.end.epoch >= talk.epoch) return false;
  if (peer !== null) talk.takeOlder(peer, packet);
  return true;
}
