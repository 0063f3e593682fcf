/** Settings of the engine for this project's replicas and clients: what each kind of connection may carry, and whose key opens it. */
import { LIMITS } from "../../protocol/limits.ts";
import { MAX_PACKET_BYTES } from "../frame_limits.ts";
import type { Mechanism } from "./connection/connection_options.ts";
import type { Admission } from "./connection/curve/curve_keys.ts";
import type { ConnectionLimits } from "./connection/limits.ts";
import type { HeartbeatTimes } from "./connection/traffic/heartbeat.ts";
import type { CurveBox, KeyPair } from "./crypto/curve_box.ts";

/** A peer that is gone is noticed after 5 seconds and 6 more, like by the kernel's own means in the engine before. */
export const HEARTBEAT: HeartbeatTimes = { pingAfterMs: 5000, deadAfterMs: 11_000, stalledAfterMs: 11_000 };

/** Bytes of a message where none is expected but, of a subscriber, a subscription. */
const STRAY_BYTES = 1024;
const HANDSHAKE_MS = 5000;

/** Returns limits of a connection over which packets of up to `bytes` come, or none at all. */
export function limitsOf(
  channel: keyof typeof MAX_PACKET_BYTES | "none",
  queueMessages: number,
  queueBytes: number,
): ConnectionLimits {
  const bytes = channel === "none" ? STRAY_BYTES : MAX_PACKET_BYTES[channel];
  const packetFrames = channel === "none" ? 1 : LIMITS.maxFrames;
  return { frameBytes: bytes, packetBytes: bytes, packetFrames, queueMessages, queueBytes, handshakeMs: HANDSHAKE_MS };
}

/** Own keys, and the public keys of the replicas by their roster ids. */
export interface CurveIdentity {
  readonly box: CurveBox;
  readonly keys: KeyPair;
  readonly replicas: ReadonlyMap<string, Uint8Array>;
}

/** Returns the mechanism of a port that only the owners of `keys`, by their ids, may come to; NULL without an identity. */
export function serverMechanism(own: CurveIdentity | null, keys: ReadonlyMap<string, Uint8Array>): Mechanism {
  if (own === null) return { name: "NULL" };
  return { name: "CURVE", server: { box: own.box, keys: own.keys, admit: admitting(keys) } };
}

/** Returns the mechanism for connecting to a replica. Throws a `RangeError` if its key is not known. */
export function clientMechanism(own: CurveIdentity | null, replica: string): Mechanism {
  if (own === null) return { name: "NULL" };
  const serverKey = own.replicas.get(replica);
  if (serverKey === undefined) throw new RangeError(`No CURVE key is known of replica ${JSON.stringify(replica)}`);
  return { name: "CURVE", client: { box: own.box, keys: own.keys, serverKey, serverId: replica } };
}

function admitting(keys: ReadonlyMap<string, Uint8Array>): (publicKey: Uint8Array) => Admission {
  const ids = new Map([...keys].map(([id, key]) => [key.toHex(), id]));
  return (publicKey) => {
    const id = ids.get(publicKey.toHex());
    return id === undefined ? { reason: "this key may not connect to this port" } : { id };
  };
}
