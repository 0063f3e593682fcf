/** Servers of CURVE that lie to whoever connects, and settings that contradict each other. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { Connection } from "../../../transport/zmtp/connection/connection.ts";
import { nonceOf } from "../../../transport/zmtp/connection/curve/nonce.ts";
import { sealed } from "../../../transport/zmtp/crypto/curve_box.ts";
import * as lab from "./connection_lab.ts";
import { bytes, commandFrame, frame, greetingOf, uint64 } from "./hostile_lab.ts";

/** Opens a client that has said HELLO. */
function helloed(): { client: Connection; transientKey: Uint8Array } {
  const client = new Connection(lab.optionsOf("CURVE", true), 0);
  lab.fed(client, greetingOf("CURVE", 1));
  const hello = lab.written(client).subarray(64 + 2);
  return { client, transientKey: hello.slice(80, 112) };
}

/** Returns a genuine WELCOME of the server's, with this inside. */
function welcome(transientKey: Uint8Array, content: Uint8Array): Uint8Array {
  const key = lab.box.sharedKey(transientKey, lab.SERVER_KEYS.secretKey)!;
  const nonce = lab.box.randomBytes(16);
  return commandFrame("WELCOME", nonce, sealed(lab.box, key, nonceOf("WELCOME-", nonce), content));
}

Deno.test("CURVE: a client ends where the server's words are of the wrong length, order, key, or nonce", () => {
  const transient = lab.box.makeKeyPair();
  const cookie = new Uint8Array(96).fill(5);
  for (
    const [words, code] of [
      [() => commandFrame("WELCOME", new Uint8Array(159)), "handshake-command"],
      [() => commandFrame("WELCOME", new Uint8Array(160)), "box"],
      [(key: Uint8Array) => welcome(key, bytes(transient.publicKey, cookie.subarray(1))), "handshake-command"],
      [(key: Uint8Array) => welcome(key, bytes(new Uint8Array(32), cookie)), "box"],
      [() => commandFrame("READY", new Uint8Array(30)), "handshake-order"],
      [() => commandFrame("HELLO"), "handshake-order"],
      [() => commandFrame("ERROR", 2, "no"), "refused-by-peer"],
      [() => frame(0, bytes("MESSAGE")), "flags"],
    ] as const
  ) {
    const { client, transientKey } = helloed();
    lab.fed(client, words(transientKey));
    assertEquals([client.closed?.code, client.hasFarewell], [code, false]);
  }
  for (
    const [ready, code] of [
      [() => commandFrame("READY", new Uint8Array(23)), "handshake-command"],
      [() => commandFrame("READY", uint64(0n), new Uint8Array(16)), "nonce"],
      [() => commandFrame("READY", uint64(1n), new Uint8Array(40)), "box"],
      [(key: Uint8Array) => readyOf(key, bytes("nonsense")), "metadata"],
      [(key: Uint8Array) => readyOf(key, bytes(11, "Socket-Type", 0, 0, 0, 3, "PUB")), "socket-type"],
      [(key: Uint8Array) => readyOf(key, bytes(11, "Socket-Type", 0, 0, 0, 6, "ROUTER")), null],
    ] as const
  ) {
    const { client, transientKey } = helloed();
    lab.fed(client, welcome(transientKey, bytes(transient.publicKey, cookie)));
    const initiate = lab.written(client);
    assert(bytes(initiate).toHex().includes(cookie.toHex()), "the cookie comes back as it is");
    lab.fed(client, ready(lab.box.sharedKey(transientKey, transient.secretKey)!));
    assertEquals([client.closed?.code ?? null, client.hasFarewell], [code, false]);
  }
});

/** Returns a READY with this metadata, sealed with the session's key. */
function readyOf(key: Uint8Array, metadata: Uint8Array): Uint8Array {
  return commandFrame("READY", uint64(1n), sealed(lab.box, key, nonceOf("CurveZMQREADY---", uint64(1n)), metadata));
}

Deno.test("a server's key of small order is refused before a word is said with it", () => {
  const { client: own } = { client: lab.mechanismOf("CURVE", true) };
  if (!("client" in own)) throw new Error("A client was wanted");
  const mechanism = { name: "CURVE", client: { ...own.client, serverKey: new Uint8Array(32) } } as const;
  const client = new Connection(lab.optionsOf("CURVE", true, { mechanism }), 0);
  lab.fed(client, greetingOf("CURVE", 1));
  assertEquals([client.closed?.code, lab.written(client).length], ["box", 64]);
});

Deno.test("settings: limits have to be numbers that can be kept, and roles those of the sides", () => {
  for (const value of [0, -1, 1.5, NaN, Infinity, 2 ** 31]) {
    const limits = { ...lab.LIMITS, packetBytes: value };
    assertThrows(() => new Connection(lab.optionsOf("NULL", true, { limits }), 0), RangeError, "packetBytes");
  }
  for (const connects of [true, false]) {
    const mechanism = lab.mechanismOf("CURVE", !connects);
    assertThrows(() => new Connection(lab.optionsOf("CURVE", connects, { mechanism }), 0), RangeError, "client");
  }
});

Deno.test("a peer of version 3.0 is spoken to in its words: no PING, and subscriptions as messages", () => {
  const subscriber = new Connection(lab.optionsOf("NULL", true, { socketType: "SUB" }), 0);
  lab.fed(subscriber, bytes(greetingOf("NULL", 0, 0), commandFrame("READY", 11, "Socket-Type", 0, 0, 0, 3, "PUB")));
  lab.written(subscriber);
  subscriber.subscribe();
  assertEquals(lab.written(subscriber), frame(0, bytes(1)));
  for (const now of [5000, 15_000, 600_000]) subscriber.tick(now);
  assertEquals([lab.written(subscriber).length, subscriber.closed], [0, null]);
});
