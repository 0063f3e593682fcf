/** The epochs that packets name outside their signature (§13.6): of whoever sends one first, and kept by who passes it on. */
import type { Packet } from "../../../protocol/packet.ts";

const marks = new WeakMap<Packet, number>();

/** Marks a packet that has no mark yet; returns its mark. */
export function markOf(packet: Packet, epoch: number): number {
  const known = marks.get(packet) ?? epoch;
  marks.set(packet, known);
  return known;
}

/** Returns the epoch that a packet names; null for those that are of none. */
export const namedBy = (packet: Packet): number | null =>
  packet.kind === "FetchEpoch" || packet.kind === "EpochEnd" ? null : marks.get(packet) ?? 1;
