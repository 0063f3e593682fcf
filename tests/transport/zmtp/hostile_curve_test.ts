/** Strangers, impostors and those in the middle, against CURVE. */
import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { Connection } from "../../../transport/zmtp/connection/connection.ts";
import { ReceiveNonce, SendNonce } from "../../../transport/zmtp/connection/curve/nonce.ts";
import { Violation } from "../../../transport/zmtp/connection/violation.ts";
import type { KeyPair } from "../../../transport/zmtp/crypto/curve_box.ts";
import * as lab from "./connection_lab.ts";
import { initiated } from "./handmade_client.ts";
import { assertEnds, bytes, commandFrame, CurveLiar, frame, greetingOf, uint64 } from "./hostile_lab.ts";

const greetedServer = () => {
  const server = new Connection(lab.optionsOf("CURVE", false), 0);
  lab.fed(server, greetingOf("CURVE"));
  return server;
};
/** Opens a client with these keys, and a server; the words are those of the client so far, greeting first. */
function clientOf(keys: KeyPair, serverKey = lab.SERVER_KEYS.publicKey) {
  const mechanism = { name: "CURVE", client: { box: lab.box, keys, serverKey, serverId: "r1" } } as const;
  return lab.pairOf("CURVE", { mechanism });
}
/** Moves bytes one way and returns them. */
function moved(from: Connection, to: Connection): Uint8Array {
  const words = lab.written(from);
  lab.fed(to, words);
  return words;
}

Deno.test("CURVE: a HELLO of any other length, or with any bit changed, is refused before anything is computed in vain", () => {
  const { client, server } = lab.pairOf("CURVE");
  moved(server, client);
  const hello = lab.written(client).subarray(64 + 2);
  const good = greetedServer();
  lab.fed(good, frame(4, hello), 1);
  assertEquals(good.closed, null);
  for (let length = 0; length < hello.length; length += length < 8 ? 1 : 13) {
    const code = length < 6 ? "command" : "handshake-command";
    assertEnds(greetedServer, frame(4, hello.subarray(0, length)), code, `${length} bytes`);
  }
  for (const more of [1, 55, 56, 300, 569]) {
    const longer = bytes(hello, new Uint8Array(more));
    assertEnds(greetedServer, frame(longer.length > 255 ? 6 : 4, longer), "handshake-command", `${more} more`);
  }
  for (const size of [770n, 65_536n, 2n ** 31n, 2n ** 64n - 1n]) {
    assertEnds(greetedServer, bytes(6, uint64(size)), "command-size", `${size}`);
  }
  for (let at = 6; at < hello.length; at += 3) {
    const code = at < 80 ? "handshake-command" : "box";
    assertEnds(greetedServer, frame(4, hello.with(at, hello[at]! ^ 1)), code, `byte ${at}`);
  }
  // A transient key of small order, and a nonce of 0.
  const small = hello.slice();
  small.fill(0, 80, 112);
  assertEnds(greetedServer, frame(4, small), "box");
  const zero = hello.slice();
  zero.fill(0, 112, 120);
  assertEnds(greetedServer, frame(4, zero), "nonce");
});

Deno.test("CURVE: whoever does not know the server's key is refused at HELLO, and a server without it at WELCOME", () => {
  const stranger = clientOf(lab.CLIENT_KEYS, lab.STRANGER_KEYS.publicKey);
  lab.exchange(stranger);
  assertEquals(stranger.server.closed?.code, "box");
  const mechanism = { name: "CURVE", server: { box: lab.box, keys: lab.STRANGER_KEYS, admit: lab.admit } } as const;
  const impostor = lab.pairOf("CURVE", {}, { mechanism });
  moved(impostor.server, impostor.client);
  lab.fed(impostor.client, frame(4, bytes(7, "WELCOME", new Uint8Array(160).fill(3))));
  assertEquals(impostor.client.closed?.code, "box");
});

Deno.test("CURVE: a key that is not admitted is told so, and not one message of its owner is heard", () => {
  const pair = clientOf(lab.STRANGER_KEYS);
  lab.exchange(pair);
  assertEquals([pair.server.closed?.code, pair.server.hasFarewell, pair.server.peer], ["not-admitted", true, null]);
  assertMatch(pair.server.closed!.detail, new RegExp(lab.STRANGER_KEYS.publicKey.toHex()));
  assertEquals(pair.client.closed?.code, "refused-by-peer");
  assertMatch(pair.client.closed!.detail, /this key is not in the roster/);
  assertEquals(pair.server.send([lab.utf8("x")]), false);
});

Deno.test("CURVE: a recorded INITIATE means nothing on another connection, nor twice on its own", () => {
  const { client, server } = lab.pairOf("CURVE");
  moved(server, client);
  const hello = moved(client, server);
  moved(server, client);
  const initiate = lab.written(client);
  // The whole capture is played to a fresh connection, and the INITIATE to one whose HELLO was honest.
  const replayed = new Connection(lab.optionsOf("CURVE", false), 0);
  lab.fed(replayed, bytes(hello, initiate));
  assertEquals(replayed.closed?.code, "box");
  const other = lab.pairOf("CURVE");
  moved(other.server, other.client);
  moved(other.client, other.server);
  lab.fed(other.server, initiate);
  assertEquals(other.server.closed?.code, "box");
  lab.fed(server, initiate);
  assertEquals([server.closed, server.phase], [null, "traffic"]);
  lab.fed(server, initiate);
  assertEquals(server.closed?.code, "command");
});

Deno.test("CURVE: an INITIATE with any bit changed, cut, or with metadata too long is refused", () => {
  const reach = () => {
    const { client, server } = lab.pairOf("CURVE");
    moved(server, client);
    moved(client, server);
    moved(server, client);
    return { server, initiate: lab.written(client) };
  };
  const { length } = reach().initiate;
  for (let at = 18; at < length; at += 11) {
    const { server, initiate } = reach();
    lab.fed(server, initiate.with(at, initiate[at]! ^ 0x40));
    assert(["box", "nonce"].includes(server.closed!.code), `byte ${at}: ${server.closed?.code}`);
  }
  for (let size = 9; size < length - 9; size += 13) {
    const { server, initiate } = reach();
    lab.fed(server, frame(6, initiate.subarray(9, 9 + size)));
    assertMatch(server.closed!.code, /^(box|handshake-command)$/);
  }
});

Deno.test("CURVE: metadata of up to 512 bytes is read, of 513 or 64 K refused; an identity of 255 bytes is fine", () => {
  for (
    const [length, code] of [[0, "metadata"], [255, null], [256, null], [512, null], [513, "command-size"], [
      65_536,
      "command-size",
    ]] as const
  ) {
    const server = initiated({ metadata: metadataOf(length) });
    assertEquals(server.closed?.code ?? null, code, `${length} bytes`);
  }
});

/** Returns metadata of so many bytes: a socket type, and an identity that fills it up as far as one can. */
function metadataOf(length: number): Uint8Array {
  const type = bytes(11, "Socket-Type", 0, 0, 0, 6, "DEALER");
  if (length < type.length) return bytes();
  const padding = (name: string, size: number) =>
    bytes(name.length, name, 0, 0, size >>> 8, size, new Uint8Array(size));
  const left = length - type.length;
  return bytes(type, left <= 255 + 13 ? padding("Identity", left - 13) : padding("X-Long", left - 11));
}

Deno.test("CURVE: a vouch has to be of the key that is shown, for this session's key and this server", () => {
  assertEquals(initiated({}).phase, "traffic");
  const other = lab.box.makeKeyPair().publicKey;
  for (
    const forged of [
      // Somebody shows an admitted key that is not his own.
      { vouchKeys: lab.STRANGER_KEYS },
      // Another server replays what the client has said to it.
      { vouchedServer: lab.STRANGER_KEYS.publicKey },
      { vouchedTransient: other },
      { shownKey: new Uint8Array(32) },
    ]
  ) {
    const server = initiated(forged);
    assertEquals([server.closed?.code, server.peer, server.hasFarewell], ["vouch", null, false]);
  }
});

Deno.test("CURVE: frames repeated, swapped, rewound or of another session end the connection", () => {
  const sessions = () => {
    const { client, server } = lab.established("CURVE");
    const frames = ["one", "two", "three"].map((text) => {
      client.send([lab.utf8(text)]);
      return lab.written(client);
    });
    return { server, frames };
  };
  for (const order of [[0, 0], [1, 0], [0, 1, 2, 1], [2, 1]]) {
    const { server, frames } = sessions();
    const heard = order.flatMap((place) => lab.fed(server, frames[place]!));
    assertEquals(server.closed?.code, "nonce", `${order}`);
    assertEquals(heard.length, order.length - 1);
  }
  // A frame that was dropped on the way leaves a gap, which counts for nothing.
  const { server, frames } = sessions();
  assertEquals(lab.texts([...lab.fed(server, frames[0]!), ...lab.fed(server, frames[2]!)]), [["one"], ["three"]]);
  lab.fed(server, sessions().frames[2]!);
  assertEquals(server.closed?.code, "nonce");
  const elsewhere = sessions();
  lab.fed(elsewhere.server, sessions().frames[0]!);
  assertEquals(elsewhere.server.closed?.code, "box");
});

Deno.test("CURVE: a frame reflected to its sender is not taken for the other side's", () => {
  for (const side of ["client", "server"] as const) {
    const pair = lab.established("CURVE");
    // The last one's nonce is above all that the sender has seen of the other side.
    for (let count = 0; count < 5; count++) {
      lab.written(pair[side]);
      pair[side].send([lab.utf8(`${count}`)]);
    }
    assertEquals(lab.fed(pair[side], lab.written(pair[side])), []);
    assertEquals(pair[side].closed?.code, "box");
  }
});

Deno.test("CURVE: nonces: equal, lower and the highest; a side stops before its own wrap", () => {
  const liar = new CurveLiar();
  assertEquals(lab.texts(lab.fed(liar.server, liar.message(0, lab.utf8("ahead"), 1000n))), [["ahead"]]);
  assertEquals(lab.texts(lab.fed(liar.server, liar.message(0, lab.utf8("last"), 2n ** 64n - 1n))), [["last"]]);
  lab.fed(liar.server, liar.message(0, lab.utf8("after"), 0n));
  assertEquals(liar.server.closed?.code, "nonce");
  for (const nonce of [0n, 1n, 2n]) {
    const again = new CurveLiar();
    lab.fed(again.server, again.message(0, lab.utf8("low"), nonce));
    assertEquals(again.server.closed?.code, "nonce");
  }
  const almost = new SendNonce(0xffff_ffff, 0xffff_fffd);
  almost.advance();
  almost.advance();
  assertEquals(almost.bytes.subarray(16), uint64(2n ** 64n - 1n));
  assertThrows(() => almost.advance(), Violation, "used up");
  const carry = new SendNonce(0, 0xffff_ffff);
  carry.advance();
  assertEquals(carry.bytes.subarray(16), uint64(2n ** 32n));
  const receive = new ReceiveNonce();
  receive.accept(uint64(2n ** 32n - 1n), 0);
  receive.accept(uint64(2n ** 32n), 0);
  assertThrows(() => receive.accept(uint64(2n ** 32n - 1n), 0), Violation);
});

Deno.test("CURVE: flags inside the box: commands are commands, and nothing but MORE and COMMAND may be set, not both", () => {
  for (let inner = 3; inner < 256; inner++) {
    const liar = new CurveLiar();
    assertEquals(lab.fed(liar.server, liar.message(inner, lab.utf8("x"), 100n)), []);
    assertEquals(liar.server.closed?.code, "flags", `${inner}`);
  }
  const ping = new CurveLiar();
  assertEquals(lab.fed(ping.server, ping.message(2, bytes(4, "PING", 0, 0, "context"), 100n)), []);
  assertEquals([ping.server.closed, ping.server.output.bytes > 0], [null, true]);
  assertEquals(lab.fed(ping.client, lab.written(ping.server)), []);
  assertEquals(ping.client.closed, null);
  for (
    const [body, code] of [[bytes(5, "READY"), "command"], [new Uint8Array(1000), "command-size"], [
      bytes(),
      "command",
    ]] as const
  ) {
    const liar = new CurveLiar();
    lab.fed(liar.server, liar.message(2, body, 100n));
    assertEquals(liar.server.closed?.code, code);
  }
});

Deno.test("CURVE: clear frames, cut boxes and sizes without end, after the handshake", () => {
  const open = () => new CurveLiar().server;
  assertEnds(open, frame(0, lab.utf8("in clear, and long enough for a MESSAGE's head")), "command");
  assertEnds(open, frame(0, lab.utf8("in clear")), "frame-size");
  assertEnds(open, commandFrame("PING", 0, 0), "frame-size");
  assertEnds(open, frame(1, new Uint8Array(100)), "flags");
  assertEnds(open, frame(8, new Uint8Array(100)), "flags");
  const largest = BigInt(lab.LIMITS.frameBytes) + 33n;
  for (const size of [largest + 1n, 2n ** 31n, 2n ** 32n, 2n ** 53n + 1n, 2n ** 63n, 2n ** 64n - 38n, 2n ** 64n - 1n]) {
    assertEnds(open, bytes(2, uint64(size)), "frame-size", `${size}`);
  }
  const liar = new CurveLiar();
  const whole = liar.message(0, lab.utf8("x"), 100n);
  for (let at = 2; at < whole.length; at++) {
    const other = new CurveLiar();
    lab.fed(other.server, other.message(0, lab.utf8("x"), 100n).map((byte, place) => place === at ? byte ^ 1 : byte));
    assertMatch(other.server.closed?.code ?? "none", at < 10 ? /command/ : /box|nonce/, `byte ${at}`);
  }
});

Deno.test("CURVE: messages beyond their limits are dropped and counted, and ones without end cut off", () => {
  const liar = new CurveLiar();
  const { packetFrames } = lab.LIMITS;
  let nonce = 100n;
  const parts = (count: number) =>
    bytes(...Array.from({ length: count }, () => liar.message(1, lab.utf8("x"), nonce++)));
  lab.fed(liar.server, bytes(parts(packetFrames), liar.message(0, lab.utf8("end"), nonce++)));
  assertEquals([liar.server.refused, liar.server.closed], [1, null]);
  assertEquals(lab.texts(lab.fed(liar.server, liar.message(0, lab.utf8("next"), nonce++))), [["next"]]);
  lab.fed(liar.server, parts(2 * packetFrames + 1));
  assertEquals(liar.server.closed?.code, "packet-size");
});
