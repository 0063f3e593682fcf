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

/** Keys that may come to a port, and the names of their owners. Listeners ask it anew about each newcomer. */
export class AdmittedKeys {
  #names: ReadonlyMap<string, string> = new Map();

  /** Admits these keys, by the names of their owners, and no others. Returns the names that a key has no more. */
  replace(keys: ReadonlyMap<string, Uint8Array>): string[] {
    const before = this.#names;
    this.#names = new Map([...keys].map(([name, key]) => [key.toHex(), name]));
    return [...before].filter(([key, name]) => this.#names.get(key) !== name).map(([, name]) => name);
  }

  readonly admit = (publicKey: Uint8Array): Admission => {
    const id = this.#names.get(publicKey.toHex());
    return id === undefined ? { reason: "this key may not connect to this port" } : { id };
  };
}

/** Returns the mechanism of a port that only the owners of `keys` may come to; NULL without an identity. */
export function serverMechanism(own: CurveIdentity | null, { admit }: AdmittedKeys): Mechanism {
  if (own === null) return { name: "NULL" };
  return { name: "CURVE", server: { box: own.box, keys: own.keys, admit } };
}

/** Returns the mechanism for connecting to a replica. */
export function clientMechanism(own: CurveIdentity | null, { id, curveKey }: Keyed): Mechanism {
  if (own === null) return { name: "NULL" };
  return { name: "CURVE", client: { box: own.box, keys: own.keys, serverKey: curveKey, serverId: id } };
}

interface Keyed {
  readonly id: string;
  readonly curveKey: Uint8Array;
}
