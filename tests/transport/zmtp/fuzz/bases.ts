/** Connections to be fuzzed, each with what an honest other side would say to it. */
import { joined } from "../../../../transport/zmtp/connection/ascii.ts";
import { Connection } from "../../../../transport/zmtp/connection/connection.ts";
import type { ConnectionOptions } from "../../../../transport/zmtp/connection/connection_options.ts";
import type { SocketType } from "../../../../transport/zmtp/connection/handshake/socket_type.ts";
import { HeldBytes } from "../../../../transport/zmtp/connection/held_bytes.ts";
import type { ConnectionLimits } from "../../../../transport/zmtp/connection/limits.ts";
import type { CurveBox } from "../../../../transport/zmtp/crypto/curve_box.ts";
import { HEARTBEAT, type MechanismName } from "../connection_lab.ts";
import { toyBox } from "./toy_box.ts";

/** Small ones, so that they are met often. */
export const LIMITS: ConnectionLimits = {
  ...{ frameBytes: 3000, packetBytes: 5000, packetFrames: 4, handshakeMs: 5000 },
  ...{ queueMessages: 8, queueBytes: 20_000 },
};

/** The other side's session under CURVE, with which anything can be sealed. */
export interface Session {
  readonly box: CurveBox;
  readonly key: Uint8Array;
  /** The last letter of the nonces' prefix. */
  readonly letter: "S" | "C";
}

/** One kind of connection. */
export interface Base {
  readonly name: string;
  readonly socketType: SocketType;
  /** Words of the other side until both have shaken hands. */
  readonly words: readonly Uint8Array[];
  /** Null in clear. */
  readonly session: Session | null;
  open(admits?: boolean, mayCompute?: () => boolean): Connection;
}

const PAIRS: readonly (readonly [binds: SocketType, connects: SocketType])[] = [["ROUTER", "DEALER"], ["PUB", "SUB"]];
const SERVER_SEED = 1;
const CLIENT_SEED = 2;

export const BASES: readonly Base[] = (["NULL", "CURVE"] as const).flatMap((mechanism) =>
  PAIRS.flatMap((
    [binds, connects],
  ) => [baseOf(mechanism, binds, connects, false), baseOf(mechanism, connects, binds, true)])
);

function baseOf(name: MechanismName, own: SocketType, other: SocketType, connects: boolean): Base {
  const open = (admits = true, mayCompute = () => true) =>
    new Connection({ ...optionsOf(name, own, connects, admits), mayCompute }, 0);
  let key: Uint8Array = new Uint8Array(0);
  const theirs = optionsOf(name, other, !connects, true, (used) => key = used);
  const words = conversation(open(), new Connection(theirs, 0));
  const session: Session | null = name === "NULL" ? null : { box: toyBox(0), key, letter: connects ? "S" : "C" };
  return { name: `${name} ${own}`, socketType: own, words, session, open };
}

function optionsOf(
  ...[name, socketType, connects, admits, onKey]: [
    ...[name: MechanismName, socketType: SocketType, connects: boolean, admits: boolean],
    onKey?: (key: Uint8Array) => void,
  ]
): ConnectionOptions {
  const common = { socketType, connects, limits: LIMITS, heartbeat: HEARTBEAT, heldBytes: new HeldBytes(4096) };
  if (name === "NULL") return { ...common, mechanism: { name } };
  const [serverKey, clientKey] = [7, 9].map((byte) => new Uint8Array(32).fill(byte)) as [Uint8Array, Uint8Array];
  const toy = toyBox(connects ? CLIENT_SEED : SERVER_SEED);
  const box: CurveBox = {
    ...toy,
    series: (key, prefix) => {
      onKey?.(key);
      return toy.series(key, prefix);
    },
  };
  const keysOf = (key: Uint8Array) => ({ publicKey: key, secretKey: key });
  const admit = () => admits ? { id: "c1" } : { reason: "not in the list" };
  if (!connects) return { ...common, mechanism: { name, server: { box, keys: keysOf(serverKey), admit } } };
  const client = { box, keys: keysOf(clientKey), serverKey, serverId: "r1" };
  return { ...common, mechanism: { name, client } };
}

/** Returns what `other` says, piece by piece, until nothing more is said. */
function conversation(own: Connection, other: Connection): Uint8Array[] {
  const words: Uint8Array[] = [];
  for (;;) {
    const theirs = say(other);
    if (theirs.length > 0) words.push(theirs);
    hear(own, theirs);
    const ours = say(own);
    hear(other, ours);
    if (theirs.length + ours.length === 0) break;
  }
  if (own.phase !== "traffic" || other.phase !== "traffic") throw new Error("An honest handshake has failed");
  return words;
}

function say(connection: Connection): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let part = connection.output.take(); part !== null; part = connection.output.take()) {
    parts.push(part.slice());
    connection.output.written();
  }
  return joined(...parts);
}

function hear(connection: Connection, bytes: Uint8Array): void {
  if (bytes.length === 0) return;
  connection.room().set(bytes);
  connection.filled(bytes.length, 0);
  connection.next();
}
