/** Connections without sockets: what two honest sides do. */
import { assert, assertEquals } from "@std/assert";
import { Connection } from "../../../transport/zmtp/connection/connection.ts";
import { HeldBytes } from "../../../transport/zmtp/connection/held_bytes.ts";
import { BLOCK_BYTES, SHORT_BYTES } from "../../../transport/zmtp/crypto/short_arrays.ts";
import * as lab from "./connection_lab.ts";

const MECHANISMS = ["NULL", "CURVE"] as const;
/** Sizes around those at which something changes: headers, boxes, read buffers, memory of a frame's own. */
const SIZES = [
  0,
  1,
  221,
  222,
  223,
  254,
  255,
  256,
  1000,
  1015,
  1024,
  4095,
  4096,
  4097,
  65_000,
  65_535,
  65_536,
  65_537,
  100_000,
];

for (const name of MECHANISMS) {
  Deno.test(`connection (${name}): a handshake tells each side who the other is`, () => {
    const { client, server } = lab.established(name);
    assertEquals([client.peer, server.peer], name === "CURVE" ? ["r1", "c1"] : [null, null]);
  });

  Deno.test(`connection (${name}): messages of every size arrive, whatever pieces they are read in`, () => {
    for (const piece of [1, 2, 3, 7, 64, 1000, 4096, 65_536, Infinity]) {
      const pair = lab.pairOf(name);
      lab.exchange(pair, piece);
      for (const size of piece < 64 ? SIZES.filter((some) => some < 5000) : SIZES) {
        const sent = [new Uint8Array(size).map((_, place) => place * 13), lab.utf8("end")];
        for (const from of [pair.client, pair.server]) assert(from.send(sent));
        assertEquals(lab.exchange(pair, piece), [[sent], [sent]], `${size} bytes in pieces of ${piece}`);
      }
    }
  });

  Deno.test(`connection (${name}): frames handed out overlap nothing, and keep little beside themselves`, () => {
    const pair = lab.established(name);
    const sizes = [...SIZES, 0, 1, SHORT_BYTES, SHORT_BYTES, SHORT_BYTES + 1, 100];
    for (const size of sizes) pair.client.send([new Uint8Array(size)]);
    const frames = lab.exchange(pair)[0].map(([frame]) => frame!);
    for (const [place, frame] of frames.entries()) frame.fill(place + 1);
    for (const [place, frame] of frames.entries()) {
      assertEquals(frame, new Uint8Array(sizes[place]!).fill(place + 1));
      assert(frame.buffer.byteLength <= Math.max(BLOCK_BYTES, frame.length), `${frame.buffer.byteLength} bytes`);
    }
  });

  Deno.test(`connection (${name}): all that is sent in a turn leaves in one write`, () => {
    const { client, server } = lab.established(name);
    for (let count = 0; count < 50; count++) client.send([lab.utf8(`${count}`)]);
    const bytes = client.output.take()!.slice();
    client.output.written();
    assertEquals(client.output.take(), null);
    assertEquals(lab.texts(lab.fed(server, bytes)), Array.from({ length: 50 }, (_, count) => [`${count}`]));
  });

  Deno.test(`connection (${name}): a full queue takes nothing, and has room again when it is written`, () => {
    const { client, server } = lab.established(name);
    for (let count = 0; count < lab.LIMITS.queueMessages; count++) assert(client.send([lab.utf8("x")]));
    assertEquals(client.send([lab.utf8("too many")]), false);
    const large = new Uint8Array(100_000);
    for (let sent = 0; server.send([large]);) assert(++sent < 11, "more bytes than its queue may have");
    lab.exchange({ client, server });
    assert(client.send([lab.utf8("again")]) && server.send([large]));
  });

  Deno.test(`connection (${name}): a queue is full in bytes too, and has room for one message of any size`, () => {
    const { client } = lab.established(name, { limits: { ...lab.LIMITS, queueBytes: 100 } });
    assert(client.send([new Uint8Array(1000)]));
    assertEquals([client.send([new Uint8Array(1)]), client.output.messages], [false, 1]);
    lab.written(client);
    assert(client.send([new Uint8Array(10)]));
    assertEquals([client.send([new Uint8Array(90)]), client.output.messages], [false, 1]);
  });

  Deno.test(`connection (${name}): a subscriber's one subscription is for everything, in the words of both versions`, () => {
    const pair = lab.established(name, { socketType: "SUB" }, { socketType: "PUB" });
    assertEquals(pair.server.subscription.isOn, false);
    pair.client.subscribe();
    lab.exchange(pair);
    assertEquals([pair.server.subscription.isOn, pair.server.closed], [true, null]);
    pair.client.send([Uint8Array.of(0)]);
    lab.exchange(pair);
    assertEquals(pair.server.subscription.isOn, false);
    pair.client.send([Uint8Array.of(1)]);
    lab.exchange(pair);
    assertEquals(pair.server.subscription.isOn, true);
    pair.server.send([lab.utf8("news")]);
    assertEquals(lab.texts(lab.exchange(pair)[1]), [["news"]]);
  });

  Deno.test(`connection (${name}): a silent peer is asked, answers, and nobody sees it`, () => {
    const pair = lab.established(name);
    pair.client.tick(4999);
    assertEquals(lab.exchange(pair, Infinity, 4999), [[], []]);
    pair.client.tick(5000);
    assert(pair.client.output.bytes > 0, "no PING");
    assertEquals(lab.exchange(pair, 1, 5001), [[], []]);
    pair.client.tick(20_000);
    assertEquals(pair.client.closed, null);
    pair.client.tick(20_001);
    assertEquals(pair.client.closed?.code, "silent");
  });
}

Deno.test("connection: an idle stranger costs its read buffer of a KiB, and a large frame no more than what came of it", () => {
  const server = new Connection(lab.optionsOf("NULL", false), 0);
  assertEquals(server.heldBytes, 1024);
  const { server: established } = lab.established("NULL");
  const limit = lab.LIMITS.frameBytes;
  const header = Uint8Array.of(2, 0, 0, 0, 0, 0, limit >>> 16, limit >>> 8, limit);
  lab.fed(established, header);
  assert(established.heldBytes <= 128 * 1024, `${established.heldBytes} bytes for a header`);
});

Deno.test("connection (CURVE): nothing that is said, nor who says it, can be read on the wire", () => {
  const pair = lab.pairOf("CURVE", { socketType: "SUB" }, { socketType: "PUB" });
  const wire: Uint8Array[] = [];
  const move = () => {
    for (const [from, to] of [[pair.client, pair.server], [pair.server, pair.client]] as const) {
      wire.push(lab.written(from));
      lab.fed(to, wire.at(-1)!);
    }
  };
  for (let round = 0; round < 4; round++) move();
  pair.client.subscribe();
  move();
  pair.server.send([lab.utf8("a key and its value"), lab.utf8("put")]);
  pair.client.tick(5000);
  for (let round = 0; round < 2; round++) move();
  assertEquals([pair.server.closed, pair.server.subscription.isOn], [null, true]);
  const seen = wire.map((bytes) => bytes.toHex()).join("");
  assert(seen.includes(lab.utf8("MESSAGE").toHex()) && seen.length > 1500);
  const { publicKey, secretKey } = lab.CLIENT_KEYS;
  const secrets = [publicKey, secretKey, lab.SERVER_KEYS.publicKey, lab.SERVER_KEYS.secretKey];
  const words = ["value", "put", "SUBSCRIBE", "PING", "Socket-Type", "PUB"].map(lab.utf8);
  for (const word of [...secrets, ...words]) assert(!seen.includes(word.toHex()), new TextDecoder().decode(word));
});

Deno.test("connection: a large message that waits to be taken counts as held, until the next is asked for", () => {
  const heldBytes = new HeldBytes(100_000);
  const pair = lab.established("NULL", {}, { heldBytes });
  pair.client.send([new Uint8Array(20_000)]);
  pair.client.send([new Uint8Array(10)]);
  const words = lab.written(pair.client);
  let messages = 0;
  for (let at = 0; at < words.length && messages === 0;) {
    const room = pair.server.room();
    const count = Math.min(room.length, words.length - at);
    room.set(words.subarray(at, at + count));
    pair.server.filled(count, 0);
    at += count;
    if (pair.server.next() !== null) messages++;
    if (messages > 0) assertEquals(heldBytes.bytes, 20_000);
  }
  assertEquals(messages, 1);
  pair.server.next();
  assertEquals(heldBytes.bytes, 0);
});
