import { assertEquals } from "@std/assert";
import { Inbox } from "./inbox.ts";

const MEBIBYTE = 1024 * 1024;

/** A source that never ends, of messages of `bytes` named after it. */
const endless = (from: string, bytes: number) => {
  const frames = [new Uint8Array(bytes)];
  return () => ({ from, frames });
};

Deno.test("sixteen messages are taken of a source before the next one has its turn, and again", async () => {
  const inbox = new Inbox([endless("a", 1), endless("b", 1)]);
  const batch = await inbox.receive(0, 40);
  const turns = batch.map(({ from }) => from).join("").match(/a+|b+/g)!;
  assertEquals(turns.slice(0, 3).map(({ length }) => length), [16, 16, 16]);
  await inbox.close();
});

Deno.test("a batch ends with the round in which it reaches sixteen mebibytes", async () => {
  const inbox = new Inbox([endless("a", MEBIBYTE)]);
  assertEquals((await inbox.receive(0, 128)).length, 16);
  assertEquals((await inbox.receive(0, 128)).length, 16);
  await inbox.close();
});
