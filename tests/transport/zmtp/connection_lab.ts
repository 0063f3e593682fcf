/** Two connections without sockets, and ways to move bytes between them. */
import { assertEquals } from "@std/assert";
import { joined } from "../../../transport/zmtp/connection/ascii.ts";
import { Connection } from "../../../transport/zmtp/connection/connection.ts";
import type { ConnectionOptions, Mechanism } from "../../../transport/zmtp/connection/connection_options.ts";
import type { Admission } from "../../../transport/zmtp/connection/curve/curve_keys.ts";
import type { SocketType } from "../../../transport/zmtp/connection/handshake/socket_type.ts";
import type { ConnectionLimits } from "../../../transport/zmtp/connection/limits.ts";
import type { HeartbeatTimes } from "../../../transport/zmtp/connection/traffic/heartbeat.ts";
import type { KeyPair } from "../../../transport/zmtp/crypto/curve_box.ts";
import { loadCurveBox } from "../../../transport/zmtp/crypto/load_box.ts";

export const LIMITS: ConnectionLimits = {
  frameBytes: 100_000,
  packetBytes: 150_000,
  packetFrames: 8,
  queueMessages: 64,
  queueBytes: 1_000_000,
  handshakeMs: 5000,
};
export const HEARTBEAT: HeartbeatTimes = { pingAfterMs: 5000, deadAfterMs: 15_000, stalledAfterMs: 15_000 };

/** The box of all tests, and keys that are good for nothing but tests. */
export const box = await loadCurveBox();
const keysOf = (byte: number): KeyPair => {
  const secretKey = new Uint8Array(32).fill(byte);
  return { secretKey, publicKey: box.publicKeyOf(secretKey) };
};
export const SERVER_KEYS = keysOf(11);
export const CLIENT_KEYS = keysOf(22);
export const STRANGER_KEYS = keysOf(33);

export type MechanismName = "NULL" | "CURVE";

/** Admits the one client there is. */
export function admit(publicKey: Uint8Array): Admission {
  if (publicKey.toHex() === CLIENT_KEYS.publicKey.toHex()) return { id: "c1" };
  return { reason: "this key is not in the roster" };
}

/** Returns the mechanism of the side that binds, or connects. */
export function mechanismOf(name: MechanismName, connects: boolean, keys = CLIENT_KEYS): Mechanism {
  if (name === "NULL") return { name };
  if (!connects) return { name, server: { box, keys: SERVER_KEYS, admit } };
  return { name, client: { box, keys, serverKey: SERVER_KEYS.publicKey, serverId: "r1" } };
}

/** Returns one side's options; the server is a ROUTER and the client a DEALER unless said otherwise. */
export function optionsOf(name: MechanismName, connects: boolean, more: Partial<ConnectionOptions> = {}) {
  const socketType: SocketType = connects ? "DEALER" : "ROUTER";
  const mechanism = mechanismOf(name, connects);
  return { socketType, connects, mechanism, limits: LIMITS, heartbeat: HEARTBEAT, ...more };
}

/** Returns all that `connection` has to write. */
export function written(connection: Connection, now = 0): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let part = connection.output.take(); part !== null; part = connection.output.take()) {
    parts.push(part.slice());
    connection.output.written();
    connection.wrote(now);
  }
  return joined(...parts);
}

/** Lets `connection` read `bytes`, at most `piece` at a time, and returns the messages in them. */
export function fed(connection: Connection, bytes: Uint8Array, piece = Infinity, now = 0): Uint8Array[][] {
  const messages: Uint8Array[][] = [];
  for (let at = 0; at < bytes.length && connection.closed === null && !connection.isWaiting;) {
    const room = connection.room();
    const count = Math.min(room.length, piece, bytes.length - at);
    room.set(bytes.subarray(at, at + count));
    connection.filled(count, now);
    at += count;
    for (let message = connection.next(); message !== null; message = connection.next()) messages.push(message);
  }
  return messages;
}

/** A client and a server, and what they have received. */
export interface Pair {
  readonly client: Connection;
  readonly server: Connection;
}

/** Opens two sides that have not said a word yet. */
export function pairOf(name: MechanismName, client: Partial<ConnectionOptions> = {}, server = {}): Pair {
  return {
    client: new Connection(optionsOf(name, true, client), 0),
    server: new Connection(optionsOf(name, false, server), 0),
  };
}

/** Moves bytes both ways until neither has more; returns what the server has received, then the client. */
export function exchange({ client, server }: Pair, piece = Infinity, now = 0): [Uint8Array[][], Uint8Array[][]] {
  const received: [Uint8Array[][], Uint8Array[][]] = [[], []];
  for (;;) {
    const [there, back] = [written(client, now), written(server, now)];
    if (there.length + back.length === 0) return received;
    received[0].push(...fed(server, there, piece, now));
    received[1].push(...fed(client, back, piece, now));
  }
}

/** Opens two sides and lets them shake hands. */
export function established(name: MechanismName, client: Partial<ConnectionOptions> = {}, server = {}): Pair {
  const pair = pairOf(name, client, server);
  exchange(pair);
  assertEquals([pair.client.closed, pair.server.closed], [null, null]);
  assertEquals([pair.client.phase, pair.server.phase], ["traffic", "traffic"]);
  return pair;
}

/** Returns the UTF-8 of a text. */
export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Returns messages as texts, for comparison. */
export const texts = (messages: readonly (readonly Uint8Array[])[]): string[][] =>
  messages.map((frames) => frames.map((frame) => new TextDecoder().decode(frame)));
