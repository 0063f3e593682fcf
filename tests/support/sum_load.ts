/** Writers and readers of a {@linkcode SumMachine}: what is read must be in order with what was acknowledged. */
import { assert } from "@std/assert";
import type { Client } from "../../client/mod.ts";

const UTF8 = new TextEncoder();
const numberIn = (bytes: Uint8Array): number => Number(new TextDecoder().decode(bytes));

/** Asks for one number. */
export async function ask(client: Client, query: "sum?" | "strange?"): Promise<number> {
  return numberIn((await client.query(UTF8.encode(query), { timeoutMs: 60_000 })).value);
}

export const add = async (client: Client): Promise<number> =>
  numberIn((await client.execute(UTF8.encode("+1"), { timeoutMs: 60_000 })).result);

/**
 * Asks `count` times for the sum while `writer` adds to it without a pause. Every answer must hold what was acknowledged before it was asked for, and
 * no less than the answer before. Returns how many were fast.
 */
export async function readUnderWrites(
  writer: Client,
  reader: Client,
  count: number,
  between: (asked: number) => Promise<void> = () => Promise.resolve(),
): Promise<number> {
  let [acknowledged, writing, last, quick] = [await add(writer), true, 0, 0];
  const writes = (async () => {
    while (writing) acknowledged = await add(writer);
  })();
  try {
    for (let asked = 0; asked < count; asked++) {
      const before = acknowledged;
      const { value, fast } = await reader.query(UTF8.encode("sum?"), { timeoutMs: 60_000 });
      const read = numberIn(value);
      assert(read >= before && read >= last, `read ${read} after ${before} was acknowledged and ${last} read`);
      last = read;
      if (fast) quick++;
      await between(asked);
    }
  } finally {
    writing = false;
    await writes;
  }
  return quick;
}
