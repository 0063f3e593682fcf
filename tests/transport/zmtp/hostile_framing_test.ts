/** Greetings, frames, commands and messages that the protocol rules out, in clear. */
import { assert, assertEquals } from "@std/assert";
import { Connection } from "../../../transport/zmtp/connection/connection.ts";
import * as lab from "./connection_lab.ts";
import { assertEnds, bytes, commandFrame, frame, greeted, greetingOf, property, uint64 } from "./hostile_lab.ts";

const NEVER_ENDING = [
  ...[2n ** 31n, 2n ** 32n, 2n ** 32n + 5n, 2n ** 48n, 2n ** 53n + 1n, 2n ** 63n, 2n ** 64n - 38n, 2n ** 64n - 1n],
];

Deno.test("greeting: only the mechanism that was configured, byte for byte, and no version below 3", () => {
  for (const name of ["NULL", "CURVE"] as const) {
    const open = () => new Connection(lab.optionsOf(name, false), 0);
    const other = name === "NULL" ? "CURVE" : "NULL";
    for (
      const mechanism of [other, "PLAIN", "GSSAPI", "", name.toLowerCase(), `${name}\0x`, `${name} `, "x".repeat(20)]
    ) {
      assertEnds(open, greetingOf(mechanism), "mechanism", mechanism);
    }
    for (const major of [0, 1, 2]) assertEnds(open, greetingOf(name, 0, 0, major), "version");
    assertEnds(open, bytes("GET / HTTP/1.1\r\n\r\n"), "not-zmtp");
    assertEnds(open, bytes(0xff, new Uint8Array(8), 0x7e), "not-zmtp");
    assertEnds(open, greetingOf(name).with(63, 1), "not-zmtp", "filler");
    assertEnds(open, greetingOf(name, 2), "role");
    assertEnds(open, greetingOf(name, 1), "role");
    // Padding says nothing; lower minor and higher versions are welcome.
    for (
      const good of [
        greetingOf(name).with(1, 9).with(8, 1),
        greetingOf(name, 0, 0),
        greetingOf(name, 0, 7),
        greetingOf(name, 0, 0, 4),
      ]
    ) {
      const connection = open();
      lab.fed(connection, good, 1);
      assertEquals([connection.closed, connection.phase], [null, "handshake"]);
    }
  }
});

Deno.test("greeting: a client of CURVE takes libzmq's word for a server, whose as-server byte is 0", () => {
  for (const asServer of [0, 1]) {
    const client = new Connection(lab.optionsOf("CURVE", true), 0);
    lab.fed(client, greetingOf("CURVE", asServer));
    assertEquals([client.closed, client.phase], [null, "handshake"]);
  }
});

Deno.test("frames: whatever size a header announces, nothing is kept of more than the limit", () => {
  for (const size of [BigInt(lab.LIMITS.frameBytes) + 1n, ...NEVER_ENDING]) {
    for (const flags of [2, 3]) {
      assertEnds(() => greeted("DEALER"), bytes(flags, uint64(size)), "frame-size", `${size}`);
    }
    assertEnds(() => greeted("DEALER"), bytes(6, uint64(size)), "command-size", `${size}`);
    assertEnds(() => greeted(null), bytes(6, uint64(size)), "command-size", `${size} in the handshake`);
  }
  const whole = greeted("DEALER");
  const largest = new Uint8Array(lab.LIMITS.frameBytes);
  assertEquals(lab.fed(whole, frame(2, largest)), [[largest]]);
});

Deno.test("frames: reserved flags, commands with more to follow, and messages in a handshake end the connection", () => {
  for (let flags = 8; flags < 256; flags++) {
    assertEnds(() => greeted("DEALER"), frame(flags, bytes()), "flags", `${flags}`);
  }
  for (const flags of [5, 7]) assertEnds(() => greeted("DEALER"), frame(flags, bytes("x")), "flags");
  for (let flags = 0; flags < 256; flags++) {
    if (flags !== 4 && flags !== 6) assertEnds(() => greeted(null), frame(flags, bytes("x")), "flags", `${flags}`);
  }
});

Deno.test("messages: one beyond its limits is dropped and counted, and the next is heard", () => {
  const { packetFrames, packetBytes, frameBytes } = lab.LIMITS;
  const many = Array.from({ length: packetFrames + 1 }, (_, place) => frame(place < packetFrames ? 1 : 0, bytes("x")));
  const half = new Uint8Array(Math.min(frameBytes, packetBytes / 2 + 1));
  const large = [frame(3, half), frame(2, half)];
  for (const [count, refused] of [many, large].entries()) {
    const server = greeted("DEALER");
    for (const piece of [Infinity, 1000]) {
      const heard = lab.fed(server, bytes(...refused, frame(0, bytes("next"))), piece);
      assertEquals(lab.texts(heard), [["next"]], `${count}`);
    }
    assertEquals([server.refused, server.closed], [2, null]);
  }
});

Deno.test("messages: one that never ends is cut off, and holds no more than its limits before that", () => {
  for (const part of [frame(1, bytes()), frame(3, new Uint8Array(50_000))]) {
    const server = greeted("DEALER");
    let sent = 0;
    while (server.closed === null && ++sent < 1000) {
      lab.fed(server, part);
      assert(server.heldBytes <= lab.LIMITS.packetBytes + 2 * 64 * 1024);
    }
    assertEquals([server.closed?.code, server.refused], ["packet-size", 0]);
    assert(sent <= 2 * lab.LIMITS.packetFrames + 1, `${sent} parts were taken`);
  }
});

Deno.test("commands: unknown, malformed, too long, too many", () => {
  const open = () => greeted("DEALER");
  for (const name of ["HELLO", "READY", "JOIN", "ping", "X"]) assertEnds(open, commandFrame(name), "command", name);
  for (const name of ["SUBSCRIBE", "CANCEL"]) assertEnds(open, commandFrame(name), "command", name);
  for (const body of [bytes(), bytes(0), bytes(5, "PING"), bytes(255, "PING")]) {
    assertEnds(open, frame(4, body), "command");
  }
  assertEnds(open, frame(6, new Uint8Array(1000)), "command-size");
  assertEnds(open, commandFrame("PING"), "command", "no time to live");
  assertEnds(open, commandFrame("PING", 0, 0, new Uint8Array(17)), "command", "context");
  assertEnds(open, commandFrame("PONG", new Uint8Array(17)), "command", "context");
  assertEnds(open, commandFrame("ERROR", 4, "gone"), "refused-by-peer");
  const flooded = open();
  lab.fed(flooded, bytes(...Array.from({ length: 5000 }, () => commandFrame("PING", 0, 0))));
  assertEquals(flooded.closed?.code, "command-rate");
  assert(flooded.output.bytes < 1100 * 10, `${flooded.output.bytes} bytes of PONG`);
});

Deno.test("commands: a PING is answered with its context, up to 16 bytes, and its time to live is kept", () => {
  for (const length of [0, 1, 16]) {
    const server = greeted("DEALER");
    lab.written(server);
    const context = new Uint8Array(length).fill(7);
    lab.fed(server, commandFrame("PING", 0, 30, context), 1, 1000);
    assertEquals(lab.written(server), commandFrame("PONG", context));
    server.tick(3999);
    assertEquals(server.closed, null);
    server.tick(4000);
    assertEquals(server.closed?.code, "silent");
  }
});

Deno.test("subscriptions: one, to everything; any other word of a subscriber ends it", () => {
  const limits = { ...lab.LIMITS, frameBytes: 1024 };
  const open = () => greeted("SUB", { socketType: "PUB", limits });
  const subscribe = commandFrame("SUBSCRIBE");
  for (
    const [words, what] of [
      [commandFrame("SUBSCRIBE", "a"), "a topic"],
      [commandFrame("SUBSCRIBE", new Uint8Array(240)), "a long topic"],
      [frame(0, bytes(1, "a")), "a topic in the words of 3.0"],
      [bytes(subscribe, subscribe), "twice"],
      [bytes(subscribe, frame(0, bytes(1))), "twice, in both words"],
      [commandFrame("CANCEL"), "nothing to cancel"],
      [frame(0, bytes(2)), "a message"],
      [frame(0, bytes()), "an empty message"],
      [bytes(frame(1, bytes(1)), frame(0, bytes())), "a message of two frames"],
    ] as const
  ) assertEnds(open, words, "subscription", what);
  assertEnds(open, bytes(2, uint64(60_000n)), "frame-size", "a topic of 60 kB");
  const flapping = open();
  for (let count = 0; count < 2000; count++) {
    lab.fed(flapping, bytes(commandFrame("SUBSCRIBE"), commandFrame("CANCEL")));
  }
  assertEquals(flapping.closed?.code, "command-rate");
});

Deno.test("metadata: cut at any byte, with any length wrong, doubled or nameless, it is refused", () => {
  const good = bytes(property("Socket-Type", "DEALER"), property("Identity", "me"), property("X-Extra", ""));
  const open = () => greeted(null);
  const whole = open();
  lab.fed(whole, commandFrame("READY", good));
  assertEquals(whole.phase, "traffic");
  for (let length = 0; length < good.length; length++) {
    const connection = open();
    lab.fed(connection, commandFrame("READY", good.subarray(0, length)));
    // Cut between properties it is whole, if shorter.
    const isWhole = [22, 37].includes(length);
    assertEquals(connection.closed?.code ?? null, isWhole ? null : "metadata", `${length} bytes`);
  }
  const type = property("Socket-Type", "DEALER");
  for (
    const metadata of [
      bytes(type, property("SOCKET-TYPE", "DEALER")),
      bytes(type, property("Identity", "x", 2)),
      bytes(type, property("Identity", "x", 2 ** 31)),
      bytes(type, property("Identity", "x", 0xffff_ffff)),
      bytes(type, property("", "x")),
      bytes(type, property("A\0B", "x")),
      bytes(type, property("A B", "x")),
      bytes(type, property("é", "x")),
      bytes(type, property("Identity", new Uint8Array(256))),
      bytes(type, ...Array.from({ length: 16 }, (_, place) => property(`X-${place}`, ""))),
      bytes(type, property("X", new Uint8Array(512))),
    ]
  ) {
    assertEnds(
      open,
      commandFrame("READY", metadata),
      metadata.length > 700 ? "command-size" : "metadata",
      `${metadata}`,
    );
  }
  for (const identity of [0, 1, 255]) {
    const connection = open();
    lab.fed(connection, commandFrame("READY", type, property("Identity", new Uint8Array(identity))));
    assertEquals(connection.phase, "traffic");
  }
});

Deno.test("handshake: out of order, of a type that does not fit, late, or refused, it ends; who can be told is told", () => {
  for (const name of ["HELLO", "PING", "SUBSCRIBE", "MESSAGE", "ready"]) {
    assertEnds(() => greeted(null), commandFrame(name), "handshake-order", name);
  }
  assertEnds(() => greeted(null), commandFrame("ERROR", 3, "no!"), "refused-by-peer");
  assertEnds(() => greeted(null), commandFrame("ERROR"), "handshake-command");
  assertEnds(() => greeted(null), commandFrame("ERROR", 4, "no!"), "handshake-command");
  for (const type of ["PUB", "SUB", "REP", "PAIR", "dealer", "DEALER\0", ""]) {
    const ready = commandFrame("READY", property("Socket-Type", type));
    assertEnds(() => greeted(null), ready, "socket-type", type);
    const server = greeted(null);
    lab.written(server);
    lab.fed(server, ready);
    const reason = "ROUTER does not talk to this socket type";
    assertEquals(lab.written(server), commandFrame("ERROR", reason.length, reason));
    assertEquals(server.hasFarewell, true);
  }
  for (const words of [bytes(), greetingOf("NULL").subarray(0, 10), greetingOf("NULL"), bytes(greetingOf("NULL"), 4)]) {
    const server = new Connection(lab.optionsOf("NULL", false), 0);
    lab.fed(server, words, 1, 4000);
    server.tick(4999);
    assertEquals(server.closed, null);
    server.tick(5000);
    assertEquals(server.closed?.code, "handshake-time");
  }
});
