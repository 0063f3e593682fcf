import { assert, assertEquals } from "@std/assert";
import { fuzzCase } from "./fuzz_case.ts";

/** Cases in the gate; `deno task fuzz` runs as many more as one likes. */
const CASES = 20_000;

Deno.test(`fuzz: ${CASES} connections live through what chance says to them, and end in every way there is`, () => {
  const ends = new Map<string, number>();
  for (let seed = 0; seed < CASES; seed++) {
    const end = fuzzCase(seed);
    ends.set(end, (ends.get(end) ?? 0) + 1);
  }
  // Chance gets everywhere that bytes alone can lead to.
  const missing = [
    ...[
      "not-zmtp",
      "version",
      "mechanism",
      "role",
      "flags",
      "frame-size",
      "packet-size",
      "command-size",
      "handshake-order",
    ],
    ...["handshake-command", "metadata", "socket-type", "handshake-time", "box", "nonce", "vouch", "not-admitted"],
    ...[
      "refused-by-peer",
      "command",
      "subscription",
      "silent",
      "stalled",
      "memory",
      "greeting",
      "handshake",
      "traffic",
    ],
  ].filter((code) => !ends.has(code));
  assertEquals(missing, [], JSON.stringify(Object.fromEntries(ends)));
  assert(ends.get("traffic")! > CASES / 20, `${ends.get("traffic")} of ${CASES} are still talking`);
});
