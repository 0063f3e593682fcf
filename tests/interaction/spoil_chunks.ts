/** A source of snapshots that lies: it serves what it is asked for with a byte changed (§8.3). */
import type { Outgoing } from "../../replica/core/output.ts";

const spoil = (bytes: Uint8Array): Uint8Array => bytes.map((byte, at) => at === 0 ? byte ^ 1 : byte);

/** Returns what such a replica sends in place of `outgoing`. */
export const spoilChunks = (outgoing: readonly Outgoing[]): readonly Outgoing[] =>
  outgoing.map(({ to, packet }) =>
    packet.kind === "FetchChunksResponse"
      ? { to, packet: { ...packet, chunks: packet.chunks.map(spoil) } }
      : { to, packet }
  );
