/** `docs/wire.md` is what other languages are written from: its tables must say what the code does. */
import { assert, assertEquals } from "@std/assert";
import { LIMITS } from "../../replica/core/limits.ts";
import { encodeMessage, KIND_BYTES } from "./mod.ts";
import { clientId, replicaId } from "../../replica/core/ids.ts";

/** The formatter pads tables with spaces; they mean nothing. */
const text = Deno.readTextFileSync(new URL("../../docs/wire.md", import.meta.url)).replaceAll(/ {2,}/g, " ");

Deno.test("docs/wire.md lists every kind with its byte and its domain tag", () => {
  const rows = [...text.matchAll(/^\| (\d+) \| (\w+) \|.*\| (.+) \|$/gm)];
  assertEquals(Object.fromEntries(rows.map(([, byte, kind]) => [kind, Number(byte)])), KIND_BYTES);
  for (const [, , kind, tag] of rows) assert(tag === "–" || tag === `\`bft-raft/v1/${kind}\``, `${kind}: ${tag}`);
});

Deno.test("docs/wire.md names the limits in force", () => {
  const KIB = 1024;
  const said = [
    `| frames of a packet | ${LIMITS.maxFrames} |`,
    `| bytes of a packet, all frames | ${LIMITS.maxPacketBytes / KIB / KIB} MiB |`,
    `| id | ${LIMITS.maxIdBytes} bytes |`,
    `| command, query | ${LIMITS.maxCommandBytes / KIB} KiB |`,
    `| result | ${LIMITS.maxResultBytes / KIB} KiB |`,
    `| payload of a QueryReply | ${LIMITS.maxReplyBytes / KIB / KIB} MiB |`,
    `${LIMITS.maxAnswers}; ${LIMITS.maxReplyBytes / KIB / KIB} MiB |`,
    `${LIMITS.maxEntryRequests}; ${LIMITS.maxEntryBytes / KIB} KiB |`,
    `${LIMITS.maxAppendEntries}; ${LIMITS.maxAppendBytes / KIB / KIB} MiB |`,
    `| replicas, clients in a roster | ${LIMITS.maxReplicas}, ${LIMITS.maxClients} |`,
    `\`list of link\` (≤ ${LIMITS.maxLinks})`,
    `acks (≤ ${LIMITS.maxAcks}, strictly`,
    `maxBytes (≤ ${LIMITS.maxFetchBytes / KIB / KIB} MiB)`,
  ];
  for (const line of said) assert(text.includes(line), `docs/wire.md must say: ${line}`);
});

Deno.test("the example in docs/wire.md is what the codec writes", () => {
  const time = 1_760_000_000_000;
  const body = encodeMessage({ kind: "ClientHello", client: clientId("c1"), replica: replicaId("r2"), time });
  const spaced = [...body].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
  assert(text.includes(`\`${spaced}\``));
});
