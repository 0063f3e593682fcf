import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { packets } from "../tests/support/packet_arbitraries.ts";
import { listSignatures, ofEpochEnd, senderOf } from "./signatures.ts";

Deno.test("§13.4 an end rests on every Checkpoint and every response in it, and on nothing of who shows it", () => {
  fc.assert(fc.property(packets.EpochEnd, (packet) => {
    const { stable, commit } = packet.end.proof;
    const claims = listSignatures(packet);
    const named = claims.map(({ role, signer, kind }) => [role, signer, kind]);
    assertEquals(named, [
      ...stable.checkpoints.map(({ message }) => ["replica", message.replica, "Checkpoint"]),
      ...commit.responses.map(({ message }) => ["replica", message.replica, "AppendEntriesResponse"]),
    ]);
    assertEquals(claims.map(({ signed }) => signed), [...stable.checkpoints, ...commit.responses]);
    assertEquals(ofEpochEnd(packet.end), claims);
    assertEquals(senderOf(packet), null);
  }));
});

Deno.test("§13.8 a FetchEpoch is signed by nobody", () => {
  const packet = { kind: "FetchEpoch", epoch: 7 } as const;
  assertEquals([listSignatures(packet), senderOf(packet)], [[], null]);
});
