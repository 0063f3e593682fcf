/** The inputs of a core. Recording them in order replays a run exactly. */
import type { Millis, ReplicaId } from "../../protocol/ids.ts";
import type { Request } from "../../protocol/message.ts";
import type { Packet, PacketOf } from "../../protocol/packet.ts";
import type { Signed, Verified } from "../../protocol/signed.ts";
import type { LeaveReason } from "./offices/office_state.ts";

/** A packet whose listed signatures all verified. The replica's own packets come back as inputs after persist, like anyone's. */
export interface PacketInput {
  readonly kind: "packet";
  readonly packet: Verified<Packet>;
}

/**
 * An AppendEntries whose header verified but whose entry at `position` of `packet.entries` is malformed or holds a request with a bad
 * client signature (§3.2).
 */
export interface BadEntryInput {
  readonly kind: "bad-entry";
  readonly packet: PacketOf<"AppendEntries">;
  readonly position: number;
}

/** A client's verified request, sent normally or as an intervention, directly or forwarded by `via`. */
export interface RequestInput {
  readonly kind: "request";
  readonly request: Verified<Signed<Request>>;
  readonly intervention: boolean;
  readonly via: ReplicaId | null;
}

/** Time has passed; timers are checked. */
export interface TickInput {
  readonly kind: "tick";
  /** Time by which it is late for want of a turn (§14.9). */
  readonly lateMs: Millis;
}

/** The inputs at hand are used up: output what has become due, in as few messages as possible (§5.8). */
export interface FlushInput {
  readonly kind: "flush";
}

/** Apply committed entries, about `limit` requests' worth; fed after everything sent earlier has left. */
export interface ApplyInput {
  readonly kind: "apply";
  readonly limit: number;
}

/** Continue writing or installing a snapshot, about `maxBytes` of chunks' worth (§8.2, §8.3). */
export interface SnapshotInput {
  readonly kind: "snapshot";
  readonly maxBytes: number;
}

/** This replica is about to stop taking part, or with null stays after all (§14.5). */
export interface LeaveInput {
  readonly kind: "leave";
  readonly reason: LeaveReason | null;
}

export type Input =
  & (PacketInput | BadEntryInput | RequestInput | TickInput | FlushInput | ApplyInput | SnapshotInput | LeaveInput)
  & {
    readonly now: Millis;
  };

/** An input before it is stamped with the time of its batch. */
export type InputWithoutTime = Input extends infer I ? I extends Input ? Omit<I, "now"> : never : never;
