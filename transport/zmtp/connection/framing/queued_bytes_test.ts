import { assertEquals } from "@std/assert";
import { OutputQueue } from "./output_queue.ts";
import { QueuedBytes } from "./queued_bytes.ts";

function lab(maxBytes: number) {
  const shared = new QueuedBytes(maxBytes);
  const ended: string[] = [];
  const queue = (name: string): OutputQueue => {
    const giveWay = () => {
      ended.push(name);
      output.discard();
    };
    const output: OutputQueue = new OutputQueue({ giveWay }, shared);
    return output;
  };
  return { shared, ended, queue };
}

/** Queues a message of `bytes` if there is room for it. */
function send(queue: OutputQueue, bytes: number): boolean {
  if (!queue.makeRoom(bytes, Infinity)) return false;
  queue.raw(new Uint8Array(bytes));
  queue.messageEnds();
  return true;
}

Deno.test("queued bytes: never more than there may be, however many have nothing queued; the one ends that has read nothing for longest", () => {
  const { shared, ended, queue } = lab(100);
  const [a, b, c, d] = [queue("a"), queue("b"), queue("c"), queue("d")];
  assertEquals([send(a, 40), send(b, 40), send(c, 40)], [true, true, true]);
  assertEquals([shared.bytes, ended], [80, ["a"]]);
  assertEquals([send(d, 90), shared.bytes, ended], [true, 90, ["a", "b", "c"]]);
});

Deno.test("queued bytes: who has read nothing for longest is refused itself, and so is what is too much for all", () => {
  const { shared, ended, queue } = lab(100);
  const [a, b] = [queue("a"), queue("b")];
  assertEquals([send(a, 40), send(b, 40), send(a, 40), send(a, 20)], [true, true, false, true]);
  assertEquals([shared.bytes, ended, queue("c").makeRoom(101, Infinity)], [100, [], false]);
});

Deno.test("queued bytes: whoever reads, if only a part, is not the one to end", () => {
  const { ended, queue } = lab(100);
  const [a, b, c] = [queue("a"), queue("b"), queue("c")];
  send(a, 40);
  send(b, 40);
  a.take();
  a.progressed();
  assertEquals([send(c, 40), ended], [true, ["b"]]);
  a.written();
  assertEquals([send(b, 40), send(a, 40), ended], [true, true, ["b", "c"]]);
});
