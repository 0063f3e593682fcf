/** The traffic of a recording: what peers sent, in the order in which it arrived. */
import type { Entry } from "../../protocol/entry.ts";
import type { Packet, PacketOf } from "../../protocol/packet.ts";
import { senderOf } from "../../protocol/signatures.ts";
import { readPieces, RecordingReader } from "../../replica/recording/mod.ts";
import { encodePacket } from "../../transport/codec/mod.ts";

export interface Feed {
  /** The peer that sent it. */
  readonly from: string;
  readonly frames: readonly Uint8Array[];
  /** Highest entry in it; 0 if there is none. */
  readonly index: number;
}

export interface Traffic {
  readonly feeds: readonly Feed[];
  /** Commands of each entry, by its index. */
  readonly commands: ReadonlyMap<number, number>;
}

/** Reads the packets that the peers of `self` sent to it. Throws where it got entries in another way than from its leader. */
export async function readTraffic(path: string, self: string): Promise<Traffic> {
  const packets: Packet[] = [];
  const reader = await RecordingReader.open(readPieces(path));
  for await (const { input } of reader.steps()) {
    if (input.kind === "packet" && senderOf(input.packet) !== self) packets.push(input.packet);
  }
  const traffic = trafficOf(packets);
  const gap = gapIn([...traffic.commands.keys()]);
  if (gap === null) return traffic;
  throw new Error(
    `${self} fell behind while it was recorded, and fetched entry ${gap}: record again, with fewer --clients`,
  );
}

/** Returns the traffic that `packets` are. */
export function trafficOf(packets: readonly Packet[]): Traffic {
  const entries = new Map(packets.flatMap(entriesOf).map((entry) => [entry.index as number, entry]));
  const feeds = packets.flatMap((packet): Feed[] => {
    const [from, whole] = [senderOf(packet), packet.kind === "AppendEntries" ? completed(packet, entries) : packet];
    if (from === null || whole === null) return [];
    return [{ from, frames: encodePacket(whole), index: entriesOf(whole).at(-1)?.index ?? 0 }];
  });
  return { feeds, commands: new Map([...entries].map(([index, { requests }]) => [index, requests?.length ?? 0])) };
}

const entriesOf = (packet: Packet): readonly Entry[] => packet.kind === "AppendEntries" ? packet.entries : [];

/**
 * Returns an AppendEntries with the entries it came with: of one whose leader was not known yet, they are not recorded, but come again in later
 * ones. Null if they do not.
 */
function completed(
  packet: PacketOf<"AppendEntries">,
  known: ReadonlyMap<number, Entry>,
): PacketOf<"AppendEntries"> | null {
  const { prevIndex, entryHashes } = packet.signed.message;
  if (packet.entries.length === entryHashes.length) return packet;
  const entries = entryHashes.map((_, i) => known.get(prevIndex + i + 1));
  return entries.every((entry) => entry !== undefined) ? { ...packet, entries } : null;
}

/** Returns the lowest number that is missing between the lowest and the highest of `indexes`; null if none is. */
export function gapIn(indexes: readonly number[]): number | null {
  const sorted = indexes.toSorted((a, b) => a - b);
  const at = sorted.findIndex((index, i) => i > 0 && index !== sorted[i - 1]! + 1);
  return at < 0 ? null : sorted[at - 1]! + 1;
}

/** Returns the commands of the entries above index `after` up to `upTo`. */
export function commandsBetween({ commands }: Pick<Traffic, "commands">, after: number, upTo: number): number {
  let sum = 0;
  for (let index = after + 1; index <= upTo; index++) sum += commands.get(index) ?? 0;
  return sum;
}
