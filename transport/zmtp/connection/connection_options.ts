import type { CurveClientOptions, CurveServerOptions } from "./curve/curve_keys.ts";
import type { QueuedBytes } from "./framing/queued_bytes.ts";
import type { SocketType } from "./handshake/socket_type.ts";
import type { HeldBytes } from "./held_bytes.ts";
import type { ConnectionLimits } from "./limits.ts";
import type { HeartbeatTimes } from "./traffic/heartbeat.ts";

/** The mechanism of a connection, with this side's role in it. */
export type Mechanism =
  | { readonly name: "NULL" }
  | { readonly name: "CURVE"; readonly server: CurveServerOptions }
  | { readonly name: "CURVE"; readonly client: CurveClientOptions };

/** Settings of one connection. */
export interface ConnectionOptions {
  readonly socketType: SocketType;
  /** True if this side has connected, false if it was connected to. */
  readonly connects: boolean;
  readonly mechanism: Mechanism;
  readonly limits: ConnectionLimits;
  readonly heartbeat: HeartbeatTimes;
  /** Bytes queued by all connections that are given the same; no bound but its own if left out. */
  readonly queuedBytes?: QueuedBytes;
  /** Bytes of unfinished messages of all connections that are given the same. */
  readonly heldBytes?: HeldBytes;
  /**
   * Asked before this side computes for somebody it does not know. While it says no, nothing more is read, until {@linkcode Connection.resume}.
   * Left out, it always says yes.
   */
  readonly mayCompute?: () => boolean;
}

/** Throws a `RangeError` on limits that cannot be kept. */
export function checkOptions({ limits, mechanism, connects }: ConnectionOptions): void {
  for (const [name, value] of Object.entries(limits)) {
    if (!Number.isSafeInteger(value) || value < 1 || value >= 2 ** 31) {
      throw new RangeError(`Limit ${name} is ${value}, want an integer from 1 to 2^31 - 1`);
    }
  }
  if (mechanism.name === "CURVE" && connects !== "client" in mechanism) {
    throw new RangeError("The side that connects is CURVE's client, the other one its server");
  }
}
