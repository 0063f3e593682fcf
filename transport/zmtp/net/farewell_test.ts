import { assertEquals } from "@std/assert";
import { OutputQueue } from "../connection/framing/output_queue.ts";
import { farewell } from "./farewell.ts";

const WORDS = "this key may not connect";
/** A test that waited for the other side would never end. */
const NO_TIME_MS = 1;
const MUCH_TIME_MS = 60_000;

/** Says farewell to one who reads up to the end and closes then, or never. Returns what he read. */
async function bid(patienceMs: number, closes: boolean): Promise<string> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const [here, there] = await Promise.all([listener.accept(), Deno.connect({ hostname: "127.0.0.1", port })]);
  const output = new OutputQueue();
  output.raw(new TextEncoder().encode(WORDS));
  const told = farewell(here, output, false, patienceMs);
  const heard = new Uint8Array(100);
  let count = 0;
  for (let read = await there.read(heard); read !== null; read = await there.read(heard.subarray(count))) count += read;
  if (closes) there.close();
  await told;
  if (!closes) there.close();
  return new TextDecoder().decode(heard.subarray(0, count));
}

Deno.test("a farewell is read to its end by whoever closes then, however much patience there is", async () => {
  assertEquals(await bid(MUCH_TIME_MS, true), WORDS);
});

Deno.test("a farewell is over when patience is, though the other side never closes", async () => {
  assertEquals(await bid(NO_TIME_MS, false), WORDS);
});
