/** Harm done over connections rather than by packets, with a key. */
import { encodePacket } from "../../../transport/codec/mod.ts";
import { command } from "../../../transport/zmtp/connection/command.ts";
import { COMMAND, MORE } from "../../../transport/zmtp/connection/framing/frame_header.ts";
import type { Attack } from "../attack.ts";
import { crowd, pause } from "../support/crowd.ts";
import { memberCrowd } from "../support/member_crowd.ts";
import { MemberLink } from "../support/member_link.ts";
import { ATTACKER, type Scene } from "../support/scene.ts";
import { sealOf } from "../support/signing.ts";
import { announced, SIZES } from "../support/words.ts";
import { CLIENT_PACKETS } from "./client_packets.ts";

const CONNECTIONS = 64;
const PINGS_AT_ONCE = 128;
const PING = command("PING", Uint8Array.of(0, 0), new Uint8Array(16));

/** Returns an attack over 64 connections, each saying one thing again and again. */
const saying = (name: string, what: string, say: (link: MemberLink) => Promise<void>): Attack => ({
  name,
  party: "client",
  what: `${what}, over 64 connections`,
  run: (scene) => memberCrowd(scene, ATTACKER, scene.places(["client"]), CONNECTIONS, say),
});

async function shakeHandsAndGo(scene: Scene): Promise<void> {
  const [key, places] = [await scene.key(ATTACKER), scene.places(["client"])];
  await crowd(scene, CONNECTIONS, async (visitor) => {
    (await MemberLink.open(scene, places[visitor % places.length]!, key)).close();
  });
}

async function askAndNeverRead(scene: Scene): Promise<void> {
  const [key, seal, places] = [await scene.key(ATTACKER), await sealOf(scene, ATTACKER), scene.places(["client"])];
  let count = 0;
  await crowd(scene, CONNECTIONS, async (visitor) => {
    const place = places[visitor % places.length]!;
    const link = await MemberLink.open(scene, place, key, false);
    while (!scene.isOver) {
      await link.messages([encodePacket(CLIENT_PACKETS.GetStatus(seal, place.replica, ++count))]);
      await pause(5);
    }
  });
}

let turn = 0;

export const connectionFloods: readonly Attack[] = [
  saying(
    "endless-parts-with-key",
    "messages whose parts never end, of 1 and 60 000 bytes",
    (link) => link.frame(MORE, new Uint8Array(++turn % 2 === 0 ? 1 : 60_000)),
  ),
  saying("pings-with-key", "PINGs with the longest context", (link) => link.frame(COMMAND, PING, PINGS_AT_ONCE)),
  saying(
    "announced-sizes-with-key",
    "frames that announce 2^31 to 2^64-1 bytes",
    (link) => link.raw(announced(SIZES[++turn % SIZES.length]!)),
  ),
  {
    name: "handshakes-with-key",
    party: "client",
    what: "whole handshakes with a key, closed at once, 64 at a time",
    run: shakeHandsAndGo,
  },
  {
    name: "deaf-client",
    party: "client",
    what: "queries over 64 connections that never read an answer",
    run: askAndNeverRead,
  },
];
