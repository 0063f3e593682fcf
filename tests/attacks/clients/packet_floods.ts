/** Packets of clients, valid and not, as fast as they are taken. */
import { encodePacket } from "../../../transport/codec/mod.ts";
import type { Attack } from "../attack.ts";
import { memberCrowd } from "../support/member_crowd.ts";
import { ATTACKER, type Scene } from "../support/scene.ts";
import { type Seal, sealOf, unsealed } from "../support/signing.ts";
import { CLIENT_PACKETS, OWN_KINDS, registration } from "./client_packets.ts";

const CONNECTIONS = 64;
const BATCH = 32;

type Make = (seal: Seal, replica: string, count: number) => Uint8Array[];

/** Returns an attack over 64 connections by packets that `make` makes; without a seal they are signed by nobody. */
const packets = (name: string, what: string, make: Make, isSealed = true): Attack => ({
  name,
  party: "client",
  what: `${what}, over 64 connections`,
  async run(scene: Scene) {
    const seal = isSealed ? await sealOf(scene, ATTACKER) : unsealed;
    let count = 0;
    await memberCrowd(scene, ATTACKER, scene.places(["client"]), CONNECTIONS, async (link, { replica }) => {
      await link.messages(Array.from({ length: BATCH }, () => make(seal, replica, ++count)));
    });
  },
});

const kindInTurn = (count: number) => OWN_KINDS[count % OWN_KINDS.length]!;

const NOISE = crypto.getRandomValues(new Uint8Array(60_000));

export const packetFloods: readonly Attack[] = [
  packets(
    "invalid-requests",
    "requests that nobody signed, at full rate",
    (seal, replica, count) => encodePacket(CLIENT_PACKETS.SendRequest(seal, replica, count)),
    false,
  ),
  packets(
    "every-kind",
    "packets of every kind with a good signature, and of no use, at full rate",
    (seal, replica, count) => encodePacket(CLIENT_PACKETS[kindInTurn(count)](seal, replica, count)),
  ),
  packets(
    "interventions",
    "complaints about ever new requests, at full rate",
    (seal, replica, count) =>
      encodePacket(
        count % 2 === 0
          ? CLIENT_PACKETS.UpdateLeader(seal, replica, count)
          : { kind: "UpdateLeader", signed: registration(seal) },
      ),
  ),
  packets("undecodable", "messages of 60 000 random bytes", () => [NOISE]),
];
