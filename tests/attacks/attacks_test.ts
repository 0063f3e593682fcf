/** A part of the attacks, for the gate: several at once and for seconds, judged by survival, memory, service afterwards, and what status says. */
import { assert, assertEquals } from "@std/assert";
import { Arena } from "./arena/arena.ts";
import { ATTACKS } from "./attacks.ts";

const SECONDS = 3;

const called = (...names: readonly string[]) => names.map((name) => ATTACKS.find((attack) => attack.name === name)!);

Deno.test("replicas outlive strangers who flood, and serve", async () => {
  await using arena = await Arena.open({ party: "outsider" });
  const strangers = called(
    ...["garbage-and-resets", "raw-garbage", "slow-handshakes", "handshake-flood", "endless-parts", "announced-sizes"],
    ...["topics", "pings", "replayed-captures"],
  );
  const first = await arena.endure(strangers, SECONDS);
  assertEquals(first.harm, [], JSON.stringify(first));
  assertNames(first.status, ["ended flags", "ended evicted"]);
  assertNames(Object.assign({}, ...Object.values(first.log)), ["warn connection-refused"]);
  assert(first.deeds["connections"]! > 200 && first.deeds["welcomes"]! > 0, JSON.stringify(first.deeds));
});

/** Two at once use all the connections that one key may have. Those for which it is muted come last. */
const CLIENTS = [
  ["every-kind", "interventions"],
  ["endless-parts-with-key", "pings-with-key"],
  ["announced-sizes-with-key", "deaf-client"],
  ["invalid-requests", "undecodable"],
];

Deno.test("replicas outlive a client that floods, and say what they refused", async () => {
  await using arena = await Arena.open({ party: "client" });
  const status: Counts = {};
  const lines: Counts = {};
  for (const names of CLIENTS) {
    const endured = await arena.endure(called(...names), SECONDS / 2);
    assertEquals(endured.harm, [], JSON.stringify(endured));
    // An attack on a busy machine may end before it has told of its bytes; what came of them tells as well.
    const { deeds: { bytes = 0 }, status: { "work received": received = 0 } } = endured;
    assert(bytes > 10_000 || received > 100, JSON.stringify(endured));
    Object.assign(status, endured.status);
    Object.assign(lines, ...Object.values(endured.log));
  }
  assertNames(status, ["refused signature:SendRequest", "refused muted"]);
  assertNames(status, ["ended packet-size", "ended command-rate", "ended frame-size"]);
  assertNames(lines, ["warn connection-refused"]);
});

Deno.test("replicas outlive one with r4's key that floods, and say what they refused", async () => {
  await using arena = await Arena.open({ party: "insider" });
  const words = await arena.endure(called("five-messages", "topics-with-key"), SECONDS);
  assertEquals(words.harm, [], JSON.stringify(words));
  assert(words.deeds["served at the peer port"]! > 0, JSON.stringify(words.deeds));
  const flood = await arena.endure(called("useless-of-every-kind"), SECONDS);
  assertEquals(flood.harm, [], JSON.stringify(flood));
  assertNames(words.status, ["ended subscription"]);
  assertNames(flood.status, ["refused not-asked-for:", "refused known-evidence:", "refused base-without-certificate:"]);
});

type Counts = Record<string, number>;

/** Wants a count whose name begins with each of `wanted`. */
function assertNames(counts: Readonly<Counts>, wanted: readonly string[]): void {
  const names = Object.keys(counts);
  const missing = wanted.filter((begin) => !names.some((name) => name.startsWith(begin)));
  assertEquals(missing, [], `not among ${names.join(", ")}`);
}
