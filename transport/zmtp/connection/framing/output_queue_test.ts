import { assertEquals } from "@std/assert";
import { WRITE_BYTES } from "../limits.ts";
import { OutputQueue } from "./output_queue.ts";

const piece = (length: number, fill: number) => new Uint8Array(length).fill(fill);

/** Takes all there is, as it would be written. */
function writes(queue: OutputQueue): Uint8Array[] {
  const taken: Uint8Array[] = [];
  for (let part = queue.take(); part !== null; part = queue.take()) {
    taken.push(part.slice());
    queue.written();
  }
  return taken;
}

Deno.test("output: all that is said in a turn leaves in one write, up to the most that one has", () => {
  for (const count of [1, 3, 4, 5, 16, 64]) {
    const queue = new OutputQueue();
    for (let place = 0; place < count; place++) queue.raw(piece(1024, place));
    const [whole, ...more] = writes(queue);
    assertEquals(more.length, 0, `${count} KiB`);
    assertEquals(whole, Uint8Array.from({ length: count * 1024 }, (_, at) => at / 1024));
    assertEquals(queue.bytes, 0);
  }
});

Deno.test("output: beyond that it leaves in several, in order and whole, and a piece is never cut", () => {
  const queue = new OutputQueue();
  const lengths = [3000, 2000, WRITE_BYTES - 5000, 1, 4000, 200, WRITE_BYTES + 1, 10];
  for (const [place, length] of lengths.entries()) queue.raw(piece(length, place));
  assertEquals(writes(queue).map(({ length }) => length), [WRITE_BYTES, 4201, WRITE_BYTES + 1, 10]);
});

Deno.test("output: what is being written stays as it is while more is queued", () => {
  const queue = new OutputQueue();
  queue.raw(piece(3000, 1));
  const writing = queue.take()!;
  queue.raw(piece(3000, 2));
  queue.raw(piece(3000, 3));
  assertEquals([writing, queue.take()], [piece(3000, 1), null]);
  queue.written();
  assertEquals(writes(queue), [Uint8Array.of(...piece(3000, 2), ...piece(3000, 3))]);
});
