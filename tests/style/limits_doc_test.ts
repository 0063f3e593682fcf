/** `docs/limits.md` names every bound with its value: it must say what the code does, and its arithmetic must hold. */
import { assert, assertEquals } from "@std/assert";
import { LIMITS } from "../../protocol/limits.ts";
import { HTTP_LIMITS } from "../../replica/http/http_limits.ts";
import { BACKLOG_UNIT_BYTES } from "../../replica/ingress/backlog.ts";
import { INGRESS_LIMITS, PEER_RATES } from "../../replica/limits/ingress_limits.ts";
import { MAX_PACKET_BYTES } from "../../transport/frame_limits.ts";
import { HIGH_WATER_MARKS } from "../../transport/zmq/zmq_socket_options.ts";
import * as CONNECTION_LIMITS from "../../transport/zmtp/connection/limits.ts";
import { NET_LIMITS } from "../../transport/zmtp/net/net_limits.ts";
import { MAX_HELD_BYTES, MAX_QUEUED_BYTES, ZMTP_QUEUES } from "../../transport/zmtp/queues.ts";
import { HEARTBEAT } from "../../transport/zmtp/settings.ts";

const ROOT = new URL("../../", import.meta.url);
const read = (path: string): string => Deno.readTextFileSync(new URL(path, ROOT));
const text = read("docs/limits.md").replaceAll(/ {2,}/g, " ");

interface Row {
  readonly name: string;
  readonly value: number;
  readonly test: string;
}

const UNITS: Readonly<Record<string, number>> = { KiB: 1024, MiB: 1024 * 1024 };

/** "64 MiB", "1024", "2^53 − 1". */
function numberOf(said: string): number {
  if (said === "2^53 − 1") return Number.MAX_SAFE_INTEGER;
  const [digits, unit] = said.split(" ");
  return Number(digits) * (unit === undefined ? 1 : UNITS[unit]!);
}

/** Rows of the table behind the first place where `constant` is named. */
function rowsBehind(constant: string): Row[] {
  const from = text.indexOf(`\`${constant}\` of`);
  assert(from >= 0, `docs/limits.md does not speak of ${constant}`);
  const [table] = /(?:^\|.*\n)+/m.exec(text.slice(from))!;
  return table.trim().split("\n").slice(2).map((line) => {
    const cells = line.split("|").map((cell) => cell.trim());
    return { name: cells[1]!.replaceAll("`", ""), value: numberOf(cells[2]!), test: cells[5]!.replaceAll("`", "") };
  });
}

/** `{ a: { b: 1 } }` as `a.b`. */
const flat = (limits: object, prefix = ""): [string, number][] =>
  Object.entries(limits).flatMap(([name, value]) =>
    typeof value === "number" ? [[prefix + name, value] as [string, number]] : flat(value, `${name}.`)
  );

for (
  const [constant, limits] of [
    ["LIMITS", LIMITS],
    ["INGRESS_LIMITS", INGRESS_LIMITS],
    ["PEER_RATES", PEER_RATES],
    ["MAX_PACKET_BYTES", MAX_PACKET_BYTES],
    ["HIGH_WATER_MARKS", HIGH_WATER_MARKS],
    ["limits.ts", CONNECTION_LIMITS],
    ["NET_LIMITS", NET_LIMITS],
    ["ZMTP_QUEUES", ZMTP_QUEUES],
    ["HEARTBEAT", HEARTBEAT],
    ["HTTP_LIMITS", HTTP_LIMITS],
  ] as const
) {
  Deno.test(`docs/limits.md names every one of ${constant}, with its value`, () => {
    assertEquals(
      Object.fromEntries(rowsBehind(constant).map(({ name, value }) => [name, value])),
      Object.fromEntries(flat(limits)),
    );
  });
}

Deno.test("docs/limits.md names constants of single modules with their values", () => {
  const rows = [...text.matchAll(/^\| `(\w+)` of `([\w/.]+)` \| ([\w ]+) \|/gm)];
  assert(rows.length > 3);
  for (const [, name, path, value] of rows) {
    const [, written] = new RegExp(`const ${name} = ([\\d_ *]+);`).exec(read(path!)) ?? [];
    const product = written?.replaceAll("_", "").split("*").reduce((all, factor) => all * Number(factor), 1);
    assertEquals(product, numberOf(value!), `${name} in ${path}`);
  }
});

const BUFFERS = CONNECTION_LIMITS.MAX_READ_BYTES + CONNECTION_LIMITS.SMALL_MESSAGE_BYTES;

/** Bytes that a cell of arithmetic stands for, of four replicas with one faulty. */
const sums: Readonly<Record<string, number>> = {
  "3 × `strangers` × 10 KiB": 3 * NET_LIMITS.strangers * 10 * 1024,
  "(`handshakeBurst` + `handshakesPerSecond` × `farewellMs`) × 10 KiB":
    (NET_LIMITS.handshakeBurst + NET_LIMITS.handshakesPerSecond * NET_LIMITS.farewellMs / 1000) * 10 * 1024,
  "`connections` × (`MAX_READ_BYTES` + `SMALL_MESSAGE_BYTES`)": NET_LIMITS.connections * BUFFERS,
  "`MAX_HELD_BYTES`": MAX_HELD_BYTES,
  "`MAX_QUEUED_BYTES`": MAX_QUEUED_BYTES,
  "`connections` × (4 KiB + `WRITE_BYTES`)": NET_LIMITS.connections * (4096 + CONNECTION_LIMITS.WRITE_BYTES),
  "`maxBacklog` × `BACKLOG_UNIT_BYTES` of clients": INGRESS_LIMITS.maxBacklog * BACKLOG_UNIT_BYTES,
  "`maxBacklog` × `BACKLOG_UNIT_BYTES` of peers": INGRESS_LIMITS.maxBacklog * BACKLOG_UNIT_BYTES,
  "2 × f × `connectionsPerKey` × (`MAX_READ_BYTES` + `SMALL_MESSAGE_BYTES`)": 2 * NET_LIMITS.connectionsPerKey *
    BUFFERS,
  "`MAX_HELD_BYTES`; f × 2 × 2 MiB of what it publishes": MAX_HELD_BYTES + 2 * MAX_PACKET_BYTES.published,
  "min(f × `connectionsPerKey` × `publishBytes`, `MAX_QUEUED_BYTES`)": Math.min(
    NET_LIMITS.connectionsPerKey * ZMTP_QUEUES.publishBytes,
    MAX_QUEUED_BYTES,
  ),
  "f × `peerBytes`": ZMTP_QUEUES.peerBytes,
};

Deno.test("the sum of docs/limits.md is computed from the constants", () => {
  const [, table = ""] = /^## What others can make a replica hold\n([^]*?)^## /m.exec(text) ?? [];
  const rows = [...table.matchAll(/^\| (?:strangers|clients|replicas) \| .+? \| (.+?) \| (\d+) MiB \|/gm)];
  const computed = Object.fromEntries(rows.map(([, arithmetic, mebibytes]) => [arithmetic!, Number(mebibytes)]));
  const wanted = Object.fromEntries(
    Object.entries(sums).map(([name, bytes]) => [name, Math.round(bytes / 1024 / 1024)]),
  );
  assertEquals(computed, wanted);
});

Deno.test("docs/limits.md names tests that are there", () => {
  const paths = new Set([...text.matchAll(/`([\w/]+\/\w+\.ts)`/g)].map(([, path]) => path!));
  assert(paths.size > 20);
  for (const path of paths) assert(Deno.statSync(new URL(path, ROOT)).isFile, path);
});

Deno.test("the arithmetic of docs/limits.md holds", () => {
  const kinds = 4; // of evidence (§9.1)
  const holds: Readonly<Record<string, boolean>> = {
    "evidence of every replica is kept": kinds * LIMITS.maxReplicas <= LIMITS.maxEvidence,
    "a packet of entries is acked in one response": LIMITS.maxAppendEntries <= LIMITS.maxAcks,
    "any entry fits a packet": LIMITS.maxEntryBytes <= LIMITS.maxAppendBytes,
    "any request fits an entry": LIMITS.maxCommandBytes + 1024 <= LIMITS.maxEntryBytes,
    "any answer fits a chunk": LIMITS.maxAnswerBytes <= LIMITS.maxChunkBytes,
    "an honest leader stays within the window": LIMITS.maxPipeline + 1 <= LIMITS.maxUncommittedEntries,
    "in bytes too": LIMITS.maxPipeline * LIMITS.maxEntryBytes <= LIMITS.maxUncommittedBytes,
    "a queue for a peer takes a whole pipeline": LIMITS.maxPipeline * LIMITS.maxEntryBytes <= ZMTP_QUEUES.peerBytes,
    "so does the backlog": LIMITS.maxPipeline * LIMITS.maxEntryBytes <= INGRESS_LIMITS.maxBacklog * BACKLOG_UNIT_BYTES,
    "what is acked is counted": LIMITS.maxUncommittedEntries + LIMITS.maxAcks <= LIMITS.maxAckWindow,
    "reports within the window span one certificate": LIMITS.maxAckWindow <= LIMITS.maxLinks,
    "a packet of the longest links fits": LIMITS.maxLinks * 40 + LIMITS.maxAppendBytes < LIMITS.maxPacketBytes,
    "a path leads to any part of a reply": 2 ** LIMITS.maxReplyPath === LIMITS.maxReplyParts,
    "evidence fits a publication": LIMITS.maxAppendBytes * 1.5 <= MAX_PACKET_BYTES.published,
    "whoever has not shaken hands fills no read buffer twice":
      CONNECTION_LIMITS.GREETING_BYTES + 202 + 9 + CONNECTION_LIMITS.MAX_HANDSHAKE_COMMAND_BYTES <=
        2 * CONNECTION_LIMITS.FIRST_READ_BYTES,
    "answers go to no more connections than there may be":
      INGRESS_LIMITS.routesPerClient <= NET_LIMITS.connectionsPerKey,
    "a client's queue takes a burst of answers": INGRESS_LIMITS.replyByteBurst <= ZMTP_QUEUES.clientBytes,
    "a command fits a client's packet": LIMITS.maxCommandBytes + 1024 <= MAX_PACKET_BYTES.client,
    "the largest evidence is within its budget": LIMITS.maxEntryRequests + 2 <= INGRESS_LIMITS.evidenceSignatureBurst,
    "one full entry for nothing mutes":
      LIMITS.maxEntryRequests / INGRESS_LIMITS.signaturesPerFault >= INGRESS_LIMITS.faultsPerWindow,
  };
  for (const [what, isSo] of Object.entries(holds)) assert(isSo, what);
});
