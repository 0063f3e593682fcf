/** Words of those who do not keep to the protocol. */
import { assertEquals, assertNotEquals } from "@std/assert";
import { joined } from "../../../transport/zmtp/connection/ascii.ts";
import { Connection } from "../../../transport/zmtp/connection/connection.ts";
import type { ConnectionOptions } from "../../../transport/zmtp/connection/connection_options.ts";
import { writeUint32 } from "../../../transport/zmtp/connection/framing/frame_header.ts";
import type { CloseCode } from "../../../transport/zmtp/connection/violation.ts";
import type { CurveBox } from "../../../transport/zmtp/crypto/curve_box.ts";
import { sealed } from "../../../transport/zmtp/crypto/curve_box.ts";
import * as lab from "./connection_lab.ts";

/** Returns numbers, each a byte, texts and bytes, one after the other. */
export function bytes(...values: (number | string | Uint8Array)[]): Uint8Array {
  return joined(...values.map((value) => {
    if (typeof value === "string") return lab.utf8(value);
    return typeof value === "number" ? Uint8Array.of(value) : value;
  }));
}

/** Returns a number in eight bytes, most significant first. */
export function uint64(value: bigint): Uint8Array {
  const eight = new Uint8Array(8);
  new DataView(eight.buffer).setBigUint64(0, value);
  return eight;
}

/** Returns a frame with these flags; its size is written long if the flags say so. */
export function frame(flags: number, body: Uint8Array): Uint8Array {
  return (flags & 2) !== 0 ? bytes(flags, uint64(BigInt(body.length)), body) : bytes(flags, body.length, body);
}

/** Returns a frame of a command. */
export const commandFrame = (name: string, ...data: (number | string | Uint8Array)[]): Uint8Array => {
  const body = bytes(name.length, name, ...data);
  return frame(body.length > 255 ? 6 : 4, body);
};

/** Returns a property of metadata. */
export function property(name: string, value: string | Uint8Array, size?: number): Uint8Array {
  const data = bytes(value);
  const length = new Uint8Array(4);
  writeUint32(length, 0, size ?? data.length);
  return bytes(name.length, name, length, data);
}

/** Returns the greeting of an honest side. */
export function greetingOf(mechanism: string, asServer = 0, minor = 1, major = 3): Uint8Array {
  const name = new Uint8Array(20);
  name.set(lab.utf8(mechanism));
  return bytes(0xff, new Uint8Array(8), 0x7f, major, minor, name, asServer, new Uint8Array(31));
}

/** Opens a server without CURVE that has been greeted, and has shaken hands with somebody of that type. */
export function greeted(socketType: string | null, more: Partial<ConnectionOptions> = {}): Connection {
  const server = new Connection(lab.optionsOf("NULL", false, more), 0);
  lab.fed(server, greetingOf("NULL"));
  if (socketType !== null) lab.fed(server, commandFrame("READY", property("Socket-Type", socketType)));
  assertEquals(server.closed, null);
  assertEquals(server.phase, socketType === null ? "handshake" : "traffic");
  return server;
}

/** Feeds `words`, whole and byte by byte, each to a fresh connection, and wants it to end with `code` and to hold little. */
export function assertEnds(open: () => Connection, words: Uint8Array, code: CloseCode, what = ""): void {
  for (const piece of [Infinity, 1]) {
    const connection = open();
    const messages = lab.fed(connection, words, piece);
    assertEquals([connection.closed?.code, messages], [code, []], `${what}: ${connection.closed?.detail}`);
    assertNotEquals(connection.closed?.detail, "");
    assertEquals(connection.next(), null);
    assertEquals(connection.send([lab.utf8("late")]), false);
    assertEquals(connection.heldBytes <= 2 * 64 * 1024, true, `${connection.heldBytes} bytes are held`);
  }
}

/** A client of CURVE that has shaken hands and then says what it likes. */
export class CurveLiar {
  readonly server: Connection;
  readonly client: Connection;
  #key: Uint8Array | null = null;

  constructor(server: Partial<ConnectionOptions> = {}, client: Partial<ConnectionOptions> = {}) {
    const seeing: CurveBox = {
      ...lab.box,
      randomBytes: (length) => lab.box.randomBytes(length),
      makeKeyPair: () => lab.box.makeKeyPair(),
      sharedKey: (publicKey, secretKey) => lab.box.sharedKey(publicKey, secretKey),
      series: (key, prefix) => {
        this.#key = key;
        return lab.box.series(key, prefix);
      },
    };
    const mechanism = lab.mechanismOf("CURVE", true);
    if (!("client" in mechanism)) throw new Error("A client was wanted");
    const pair = lab.pairOf("CURVE", {
      mechanism: { name: "CURVE", client: { ...mechanism.client, box: seeing } },
      ...client,
    }, server);
    lab.exchange(pair);
    assertEquals(pair.server.phase, "traffic");
    this.server = pair.server;
    this.client = pair.client;
  }

  /** Returns the key of its session. */
  get key(): Uint8Array {
    return this.#key!;
  }

  /** Returns a MESSAGE with these flags inside. */
  message(inner: number, body: Uint8Array, nonce: bigint, letter = "C"): Uint8Array {
    const counter = uint64(nonce);
    const boxed = sealed(lab.box, this.key, bytes(`CurveZMQMESSAGE${letter}`, counter), bytes(inner, body));
    const content = bytes(7, "MESSAGE", counter, boxed);
    return frame(content.length > 255 ? 2 : 0, content);
  }
}
