/** Other languages are implemented from `docs/wire.md`: its tables must state what the code does. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { ConfigError } from "../../../crypto/config_error.ts";
import { DEFAULT_CONSTANTS, readConstants } from "../../../crypto/roster/constants.ts";
import { clientId, logIndex, replicaId } from "../../../protocol/ids.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import { MAX_CHANGE_SIGNATURES } from "../../../protocol/operations/change.ts";
import { PROFILES } from "../../../protocol/quorum.ts";
import { INGRESS_LIMITS } from "../../../replica/limits/ingress_limits.ts";
import { encodeMessage, KIND_BYTES } from "../../../transport/codec/mod.ts";
import { MemoryCluster } from "../../support/memory_cluster.ts";

/** The document without the padding of its tables, which is the formatter's. */
const text = Deno.readTextFileSync(new URL("../../../docs/wire.md", import.meta.url)).replaceAll(/ {2,}/g, " ");

Deno.test("docs/wire.md lists every kind with its byte and its domain tag", () => {
  const rows = [...text.matchAll(/^\| (\d+) \| (\w+) \|.*\| (.+) \|$/gm)];
  assertEquals(Object.fromEntries(rows.map(([, byte, kind]) => [kind, Number(byte)])), KIND_BYTES);
  for (const [, , kind, tag] of rows) assert(tag === "–" || tag === `\`bft-raft/v2/${kind}\``, `${kind}: ${tag}`);
});

Deno.test("docs/wire.md names the limits in force", () => {
  const KIB = 1024;
  const said = [
    `| frames of a packet | ${LIMITS.maxFrames} |`,
    `| bytes of a packet, all frames | ${LIMITS.maxPacketBytes / KIB / KIB} MiB |`,
    `| id | ${LIMITS.maxIdBytes} bytes |`,
    `| command, query | ${LIMITS.maxCommandBytes / KIB} KiB |`,
    `| result | ${LIMITS.maxResultBytes / KIB} KiB |`,
    `queries (1 to ${LIMITS.maxGroup}; ≤ ${LIMITS.maxCommandBytes / KIB} KiB together)`,
    `payloads (≤ ${LIMITS.maxGroup})`,
    `longer than ${LIMITS.readBytes / KIB} KiB together`,
    `| payload of a QueryReply | ${LIMITS.maxReplyBytes / KIB / KIB} MiB |`,
    `${LIMITS.maxAnswers}; ${LIMITS.maxReplyBytes / KIB / KIB} MiB |`,
    `${LIMITS.maxEntryRequests}; ${LIMITS.maxEntryBytes / KIB} KiB |`,
    `${LIMITS.maxAppendEntries}; ${LIMITS.maxAppendBytes / KIB / KIB} MiB |`,
    `| replicas, clients in a roster | ${LIMITS.maxReplicas}, ${LIMITS.maxClients} |`,
    `\`list of link\` (≤ ${LIMITS.maxLinks})`,
    `acks (≤ ${LIMITS.maxAcks}, strictly`,
    `maxBytes (≤ ${LIMITS.maxFetchBytes / KIB / KIB} MiB)`,
    `| chunk of a snapshot | ${LIMITS.maxChunkBytes / KIB} KiB |`,
    `| ${LIMITS.maxFetchChunks}; ${LIMITS.maxFetchChunkBytes / KIB / KIB} MiB |`,
    `digests (1 to ${LIMITS.maxFetchChunks}, no two equal)`,
    `\`list of bytes\` (≤ ${LIMITS.maxFetchChunks}, each ≤ ${LIMITS.maxChunkBytes / KIB} KiB; ` +
    `those beyond the first ≤ ${LIMITS.maxFetchChunkBytes / KIB / KIB} MiB together)`,
    `\`list of bytes\` (≤ ${LIMITS.maxFetchChunks}, each ≤ ${LIMITS.maxChunkBytes / KIB} KiB): those asked for`,
    `\`list of entry\` (≤ ${LIMITS.maxFetchEntries}): committed`,
    `behind that, \`u64\` ≥ 2`,
    `(≤ ${LIMITS.maxRosterBytes / KIB / KIB} MiB) |`,
    `difference (≤ ${LIMITS.maxChangeBytes / KIB} KiB)`,
    `u8\` count (1 to ${MAX_CHANGE_SIGNATURES})`,
    `\`list of epoch end\` (≤ ${LIMITS.maxEpochEnds})`,
    `It is at most ${LIMITS.maxReplyBytes / KIB / KIB} MiB like every payload`,
  ];
  for (const line of said) assert(text.includes(line), `docs/wire.md must say: ${line}`);
});

Deno.test("docs/wire.md lists every constant of a roster with its default, and the range of those that stand alone", () => {
  const [section = ""] = /^## Constants of a roster$.*?^## /ms.exec(text) ?? [];
  const rows = [...section.matchAll(/^\| `(\w+)`(?: \*)? \| .+ \| ("?\w+"?) \| (.*)\|$/gm)];
  assertEquals(Object.fromEntries(rows.map(([, name, value]) => [name, JSON.parse(value!)])), DEFAULT_CONSTANTS);
  const later = [...section.matchAll(/^\| `(\w+)` \* \|/gm)].map(([, name]) => name!);
  const before = Object.entries(DEFAULT_CONSTANTS).filter(([name]) => !later.includes(name));
  assertEquals(readConstants({ path: "$", value: Object.fromEntries(before) }), DEFAULT_CONSTANTS);
  assertEquals(rows[0]![3]!.trim().split(" or ").map((name) => JSON.parse(name)), PROFILES);
  const { patienceMs, heartbeatMs, electionTimeoutMs, patienceCapMs } = DEFAULT_CONSTANTS;
  const worded: Readonly<Record<string, string>> = {
    "4 `electionTimeoutMs` to 604800000": `${4 * electionTimeoutMs} to 604800000`,
    "half of `patienceMs` and 2 `heartbeatMs`, to `patienceCapMs`": `${
      Math.max(patienceMs / 2, 2 * heartbeatMs)
    } to ${patienceCapMs}`,
  };
  for (const [, name, , said] of rows.slice(1).filter(([, name]) => later.includes(name!))) {
    const [off, range] = /^(?:(0), or )?(.*?) *$/.exec(said!)!.slice(1) as [string | undefined, string];
    const [least, most] = (worded[range] ?? range).split(" to ").map(Number) as [number, number];
    const read = (value: number) => readConstants({ path: "$", value: { ...DEFAULT_CONSTANTS, [name!]: value } });
    for (const value of [least, most, ...(off === undefined ? [] : [0])]) {
      assertEquals(read(value), { ...DEFAULT_CONSTANTS, [name!]: value });
    }
    for (const value of [least - 1, most + 1]) {
      assertThrows(() => read(value), ConfigError, `$.${name}: given ${value}`);
    }
  }
});

Deno.test("docs/wire.md names the rates in force", () => {
  const MIB = 1024 * 1024;
  const limits = INGRESS_LIMITS;
  const row = (what: string, rate: number | string, burst: number | string) => `${what} | ${rate} | ${burst} |`;
  const said = [
    row("UpdateLeader)", limits.requestsPerSecond, limits.requestBurst),
    row("| queries", limits.queriesPerSecond, limits.queryBurst),
    row("`fastReads`", limits.fastReadsPerSecond, limits.fastReadBurst),
    `once more for each ${limits.readsPerToken} reads`,
    row("each packet", `${limits.readBytesPerSecond / MIB} MiB`, `${limits.readByteBurst / MIB} MiB`),
    row("another one", limits.hellosPerSecond, limits.helloBurst),
    `with ${limits.answerOverheadBytes} for each`,
    row("payload", `${limits.replyBytesPerSecond / MIB} MiB`, `${limits.replyByteBurst / MIB} MiB`),
    row("commands", limits.refusalsPerSecond, limits.refusalBurst),
    `at most ${limits.smallResultBytes} bytes are sent`,
    `again within ${limits.replyPaceMs} ms`,
    `${limits.faultsPerWindow} faulty packets within ${limits.faultWindowMs} ms is not listened to for ${limits.muteMs} ms`,
    `for each ${limits.signaturesPerFault} of its signatures`,
    `at most ${limits.routesPerClient} connections of a key, each until ${limits.routeLifeMs} ms`,
  ];
  for (const line of said) assert(text.includes(line), `docs/wire.md must say: ${line}`);
});

Deno.test("docs/wire.md names every member of a status", async () => {
  await using cluster = MemoryCluster.start({ replicas: 1 });
  const [, members] = /^A status has (.*?)It is for people/ms.exec(text)!;
  const named = new Set([...members!.matchAll(/`(\w+)`/g)].map(([, name]) => name));
  const status = cluster.nodes.get("r1")!.replica.status();
  assertEquals(Object.keys(status).filter((name) => !named.has(name)), []);
});

Deno.test("the example in docs/wire.md is what the codec writes", () => {
  const challenge = Uint8Array.from({ length: LIMITS.nonceBytes }, (_, i) => 0xe0 + i);
  const [client, replica, session] = [clientId("c1"), replicaId("r2"), logIndex(998)];
  const body = encodeMessage({ kind: "ClientHello", client, replica, session, challenge });
  const spaced = [...body].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
  assert(text.includes(`\`${spaced}\``));
});
