/** One connection's life under a seed, and what has to hold at every moment of it. */
import { assert } from "@std/assert";
import type { Connection } from "../../../../transport/zmtp/connection/connection.ts";
import { BLOCK_BYTES } from "../../../../transport/zmtp/crypto/short_arrays.ts";
import { BASES, LIMITS } from "./bases.ts";
import { Random } from "./random.ts";
import { wordsFor } from "./words.ts";

/** Bytes a connection may hold for what comes in: its buffer at its largest, twice, and a frame that is growing. */
const MOST_HELD = 2 * 64 * 1024 + 2 * LIMITS.frameBytes;
/** Bytes of the longest commands that answer one read: PONGs, a burst of them. */
const MOST_ANSWERS = 1024 * 64;

/** Lives the life that `seed` is, and returns how it ended: a close code, or the phase it is in. Throws if anything does not hold. */
export function fuzzCase(seed: number): string {
  const random = new Random(seed);
  const base = random.pick(BASES);
  const hesitates = random.onceIn(8);
  const connection = base.open(!random.onceIn(32), () => !hesitates || random.onceIn(3));
  const words = wordsFor(base, random);
  // Few bytes at a time take long, and find little that many do not.
  const piece = random.pick(random.onceIn(8) ? [1, 2, 5, 17] : [64, 300, 1000, 10_000]);
  let [at, now] = [0, 0];
  while (at < words.length && connection.closed === null) {
    now += random.below(3);
    if (random.onceIn(9)) act(connection, random, now);
    if (connection.isWaiting) connection.resume(now += 1);
    else at += hear(connection, words, at, 1 + random.below(piece), now);
    if (random.onceIn(8)) check(connection, seed);
  }
  if (random.onceIn(4)) connection.tick(now + random.below(20_000));
  check(connection, seed);
  return connection.closed?.code ?? connection.phase;
}

function hear(connection: Connection, words: Uint8Array, at: number, most: number, now: number): number {
  const room = connection.room();
  assert(room.length > 0, "no room to read to");
  const count = Math.min(room.length, words.length - at, most);
  room.set(words.subarray(at, at + count));
  connection.filled(count, now);
  for (let message = connection.next(); message !== null; message = connection.next()) checkMessage(message);
  return count;
}

function act(connection: Connection, random: Random, now: number): void {
  switch (random.below(3)) {
    case 0:
      return void connection.send(Array.from({ length: 1 + random.below(3) }, () => new Uint8Array(random.below(300))));
    case 1:
      return connection.tick(now, random.onceIn(2));
    default:
      if (connection.output.take() !== null) connection.output.written();
      connection.wrote(now);
  }
}

function checkMessage(message: readonly Uint8Array[]): void {
  let bytes = 0;
  for (const frame of message) {
    assert(
      frame.length <= LIMITS.frameBytes && frame.buffer.byteLength <= Math.max(BLOCK_BYTES, frame.length),
      "a frame too large, or one that keeps more than itself",
    );
    bytes += frame.length;
  }
  assert(
    message.length > 0 && message.length <= LIMITS.packetFrames && bytes <= LIMITS.packetBytes,
    "a message too large",
  );
}

function check(connection: Connection, seed: number): void {
  const { closed, output, phase } = connection;
  assert(connection.heldBytes <= MOST_HELD, `seed ${seed}: ${connection.heldBytes} bytes are held`);
  assert(
    output.bytes <= LIMITS.queueBytes + MOST_ANSWERS && output.messages <= LIMITS.queueMessages,
    `seed ${seed}: queue`,
  );
  assert(output.bytes >= 0 && output.messages >= 0, `seed ${seed}: less than nothing is queued`);
  assert((closed !== null) === (phase === "closed"), `seed ${seed}: ${phase}, ${closed?.code}`);
  if (closed === null) return;
  assert(closed.detail.length > 0 && closed.detail.length < 400, `seed ${seed}: ${closed.detail}`);
  assert(connection.next() === null && !connection.send([new Uint8Array(1)]), `seed ${seed}: alive after its end`);
}
