/** A part of the attacks, for the gate: several at once and for seconds, judged by survival, memory, service afterwards, and what status says. */
import { assertEquals } from "@std/assert";
import { Arena } from "./arena/arena.ts";
import { UNHURRIED_MS } from "./arena/load.ts";
import { ATTACKS } from "./attacks.ts";

/** Length of the first bout of attacks; each further one is twice as long as the one before. */
const SECONDS = 1;
/** Bouts until all that is wanted must have shown. */
const MOST_BOUTS = 5;

interface Wanted {
  /** Beginnings of names of counts in status. */
  readonly status: readonly string[];
  /** Names of lines in the logs. */
  readonly log?: readonly string[];
  /** Deeds of the attackers, and how often each at least. */
  readonly deeds?: Readonly<Record<string, number>>;
}

/**
 * Attacks in bouts until everything wanted was seen: on a busy machine little comes of a short one. Throws `AssertionError` on any harm, and
 * if something was not seen in the end.
 */
async function endureUntil(arena: Arena, names: readonly string[], wanted: Wanted): Promise<void> {
  const attacks = names.map((name) => ATTACKS.find((attack) => attack.name === name)!);
  const [status, log, deeds]: Counts[] = [{}, {}, {}];
  const missing = () => [
    ...wanted.status.filter((begin) => !Object.keys(status!).some((name) => name.startsWith(begin))),
    ...(wanted.log ?? []).filter((name) => log![name] === undefined),
    ...Object.entries(wanted.deeds ?? {}).filter(([name, count]) => (deeds![name] ?? 0) < count).map(([name]) => name),
  ];
  for (let bout = 0; bout === 0 || (bout < MOST_BOUTS && missing().length > 0); bout++) {
    const endured = await arena.endure(attacks, SECONDS * 2 ** bout);
    assertEquals(endured.harm, [], JSON.stringify(endured));
    for (const [sum, counts] of [[status!, endured.status], [deeds!, endured.deeds]] as const) add(sum, counts);
    for (const counts of Object.values(endured.log)) add(log!, counts);
  }
  assertEquals(missing(), [], `${names} in ${MOST_BOUTS} bouts: ${JSON.stringify({ status, log, deeds })}`);
}

Deno.test("replicas outlive strangers who flood, and serve", async () => {
  await using arena = await Arena.open({ party: "outsider", thinkMs: UNHURRIED_MS });
  const strangers = [
    ...["garbage-and-resets", "raw-garbage", "slow-handshakes", "handshake-flood", "endless-parts", "announced-sizes"],
    ...["topics", "pings", "replayed-captures"],
  ];
  await endureUntil(arena, strangers, {
    status: ["ended flags", "ended handshake-order"],
    log: ["warn connection-refused"],
    deeds: { connections: 200, welcomes: 1 },
  });
});

/** Two at once use all the connections that one key may have. Those for which it is muted come last. */
const CLIENTS: readonly (readonly [names: readonly string[], wanted: Wanted])[] = [
  [["every-kind", "interventions"], { status: ["refused refused:FastReads"] }],
  [["endless-parts-with-key", "pings-with-key"], { status: ["ended packet-size", "ended command-rate"] }],
  [["announced-sizes-with-key", "deaf-client"], { status: ["ended frame-size"], log: ["warn connection-refused"] }],
  [["invalid-requests", "undecodable"], {
    status: ["refused signature:SendRequest", "refused muted", "ended offence"],
    log: ["warn connection-refused"],
  }],
];

Deno.test("replicas outlive a client that floods, and say what they refused", async () => {
  await using arena = await Arena.open({ party: "client", thinkMs: UNHURRIED_MS });
  for (const [names, wanted] of CLIENTS) await endureUntil(arena, names, wanted);
});

Deno.test("replicas outlive a client that floods them with fast reads", async () => {
  await using arena = await Arena.open({ party: "client", fastReads: true, thinkMs: UNHURRIED_MS });
  await endureUntil(arena, ["read-flood"], { status: ["refused rate:FastReads"], deeds: { reads: 100 } });
});

Deno.test("replicas outlive one with r4's key that floods, and say what they refused", async () => {
  await using arena = await Arena.open({ party: "insider", thinkMs: UNHURRIED_MS });
  await endureUntil(arena, ["five-messages", "topics-with-key"], {
    status: ["ended subscription"],
    deeds: { "served at the peer port": 1 },
  });
  await endureUntil(arena, ["useless-of-every-kind"], {
    status: ["refused not-asked-for:", "refused known-evidence:", "refused base-without-certificate:"],
  });
});

type Counts = Record<string, number>;

function add(sum: Counts, counts: Readonly<Counts>): void {
  for (const [name, count] of Object.entries(counts)) sum[name] = (sum[name] ?? 0) + count;
}
