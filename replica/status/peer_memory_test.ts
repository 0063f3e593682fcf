import { assertEquals } from "@std/assert";
import type { Packet } from "../../protocol/packet.ts";
import { PeerMemory } from "./peer_memory.ts";

function lab() {
  const told: string[] = [];
  const memory = new PeerMemory(
    {
      log: (_level, event, { peer, commitIndex, knownCommitIndex } = {}) =>
        told.push(`${event} ${peer} ${knownCommitIndex}>${commitIndex}`),
    },
    100,
  );
  const hear = (peer: string, now: number, term: number, commitIndex: number, kind = "AppendEntriesResponse") =>
    memory.heard(peer, { kind, signed: { message: { kind, term, commitIndex } } } as unknown as Packet, now);
  return { told, hear };
}

Deno.test("a peer that shows less than it did a while ago is told of once, by term or by commit index", () => {
  const { told, hear } = lab();
  hear("r2", 0, 3, 50);
  hear("r2", 200, 3, 40);
  hear("r2", 400, 3, 41);
  assertEquals(told, ["peer-forgot r2 50>40"]);
  hear("r2", 600, 2, 60);
  assertEquals(told, ["peer-forgot r2 50>40", "peer-forgot r2 41>60"]);
});

Deno.test("progress, repetition, other peers, other messages and words overtaken on their way are no news", () => {
  const { told, hear } = lab();
  hear("r2", 0, 3, 50);
  hear("r2", 500, 3, 50);
  hear("r2", 1000, 4, 51);
  hear("r2", 1050, 3, 50);
  hear("r3", 2000, 1, 1);
  hear("r2", 3000, 1, 0, "PreVote");
  assertEquals(told, []);
});
