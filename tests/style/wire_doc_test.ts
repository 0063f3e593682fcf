/** `docs/wire.md` describes connections for whoever writes a client: its causes and bounds are those of the code. */
import { assert, assertEquals } from "@std/assert";
import { MAX_PACKET_BYTES } from "../../transport/frame_limits.ts";
import { COMMAND_BURST, COMMANDS_PER_SECOND, DROPPED_FACTOR } from "../../transport/zmtp/connection/limits.ts";
import { NET_LIMITS } from "../../transport/zmtp/net/net_limits.ts";
import { MAX_QUEUED_BYTES, ZMTP_QUEUES } from "../../transport/zmtp/queues.ts";
import { HEARTBEAT, limitsOf } from "../../transport/zmtp/settings.ts";
import { readText } from "./sources.ts";

const [, connections = ""] = /^## Connections\n([^]*?)^## /m.exec(readText("docs/wire.md")) ?? [];

Deno.test("docs/wire.md tells every cause for which a connection ends, and no other", () => {
  const [, union = ""] =
    /export type CloseCode =([^]*?"closed");/.exec(readText("transport/zmtp/connection/violation.ts")) ?? [];
  const codes = [...union.matchAll(/\| "([\w-]+)"/g)].map(([, code]) => code!);
  const rows = connections.slice(connections.indexOf("**Causes.**")).match(/^\| `.*$/gm) ?? [];
  const told = rows.flatMap((row) => [...row.split("|")[1]!.matchAll(/`([\w-]+)`/g)].map(([, code]) => code!));
  assert(codes.length > 20);
  assertEquals(told.toSorted(), codes.toSorted());
});

Deno.test("the bounds that docs/wire.md names are those of a client port", () => {
  const rows = [...connections.slice(connections.indexOf("**Bounds.**")).matchAll(/^\| (.+?) +\| (.+?) +\| .+\|$/gm)];
  const said = Object.fromEntries(rows.map(([, what, bound]) => [what!, bound!]));
  const { frameBytes, packetBytes, packetFrames, handshakeMs } = limitsOf("client", 1, 1);
  assertEquals([frameBytes, packetBytes], [MAX_PACKET_BYTES.client, MAX_PACKET_BYTES.client]);
  assertEquals(said["a frame to a client port"], `${frameBytes / 1024} KiB`);
  assertEquals(said["a packet to a client port"], `${packetBytes / 1024} KiB, ${packetFrames} frames`);
  assertEquals(DROPPED_FACTOR, 2);
  assertEquals(said["commands (PING, PONG) a second; at once"], `${COMMANDS_PER_SECOND}; ${COMMAND_BURST}`);
  const { clientMessages, clientBytes } = ZMTP_QUEUES;
  assertEquals(
    said["answers waiting to be written to you"],
    `${clientMessages} messages, ${clientBytes / 2 ** 20} MiB`,
  );
  assertEquals(said["time in which you read nothing though something waits"], `${HEARTBEAT.stalledAfterMs / 1000} s`);
  const { connectionsPerKey, strangers, strangersPerAddress, connections: established } = NET_LIMITS;
  assertEquals(said["connections with one key at one port"], `${connectionsPerKey}`);
  const strangersSaid = said["connections at one port that have not finished their handshake; of one address"];
  assertEquals(strangersSaid, `${strangers}; ${strangersPerAddress}`);
  assertEquals(said["established connections at one port"], `${established}`);
  const { acceptsPerSecond, acceptBurst } = NET_LIMITS;
  assertEquals(said["connections accepted at one port a second; at once"], `${acceptsPerSecond}; ${acceptBurst}`);
  assertEquals(said["answers waiting to be written to all clients"], `${MAX_QUEUED_BYTES / 2 ** 20} MiB`);
  assert(connections.includes(`gets its READY ${NET_LIMITS.barredMs / 1000} seconds later`));
  assert(connections.includes(`All of it takes at most ${handshakeMs / 1000} seconds`));
  assert(connections.includes(`hears nothing for ${HEARTBEAT.pingAfterMs / 1000} seconds sends a PING`));
  assert(connections.includes(`nothing has come for ${HEARTBEAT.deadAfterMs / 1000}.`));
});
