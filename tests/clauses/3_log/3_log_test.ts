/** §3: entry terms along the log, and client signatures inside entries. */
import { assert, assertEquals } from "@std/assert";
import { joinRequests } from "../../../protocol/entry_body.ts";
import type { Packet } from "../../../protocol/packet.ts";
import { SimCluster } from "../../simulation/nodes/sim_cluster.ts";
import * as forge from "../support/forge.ts";
import { Lab } from "../support/lab.ts";

Deno.test("§3.1a an entry of a term above its leader's is not appended", () => {
  const lab = new Lab();
  const { verdicts } = lab.follow("r1", 2, forge.grow(forge.GENESIS, 1, 3));
  assertEquals(verdicts, [{ verdict: "ignore", code: "entries-do-not-match-header" }]);
  assertEquals(lab.state.log.entries, []);
});

Deno.test("§3.1a entry terms never decrease along the log, within a message and behind what is there", () => {
  const lab = new Lab();
  const first = forge.grow(forge.GENESIS, 1, 2);
  lab.follow("r1", 2, first);
  const falling = forge.grow(forge.endOf(first), 1, 1);
  const behind = lab.receive(forge.appendEntries("r1", 2, falling, { prev: forge.endOf(first), round: 2 }));
  assertEquals(behind.verdicts, [{ verdict: "reject", code: "entry-terms-decrease", culprit: lab.state.view.leader }]);
  const rising = forge.grow(forge.endOf(first), 1, 2);
  const mixed = [...rising, ...forge.grow(forge.endOf(rising), 1, 1)];
  const within = lab.receive(forge.appendEntries("r1", 2, mixed, { prev: forge.endOf(first), round: 3 }));
  assertEquals(within.verdicts, behind.verdicts);
  assertEquals(lab.state.log.entries.length, 1);
});

Deno.test("§3.2a §3.2b an entry with one bad request is not appended, and is evidence against its leader", () => {
  const lab = new Lab();
  lab.follow("r1", 1);
  const packet = forge.appendEntries("r1", 1, forge.grow(forge.GENESIS, 3, 1), { round: 2 });
  const outcome = lab.run([{ kind: "bad-entry", packet, position: 1 }]);
  assertEquals(outcome.verdicts, [{ verdict: "reject", code: "bad-entry", culprit: lab.state.view.leader }]);
  assertEquals(lab.state.log.entries, []);
  assertEquals(outcome.persisted.map(({ op }) => op), ["evidence"]);
  const [evidence] = lab.state.evidence;
  if (evidence?.kind !== "bad-entry") throw new Error(`wanted a bad entry, kept ${evidence?.kind}`);
  assertEquals(String(evidence.culprit), "r1");
  assertEquals(evidence.entries.map(({ index }) => Number(index)), [1, 2]);
});

Deno.test("§3.2b a header that does not cover the bad entry accuses nobody", () => {
  const lab = new Lab();
  lab.follow("r1", 1);
  const honest = forge.appendEntries("r1", 1, forge.grow(forge.GENESIS, 1, 1), { round: 2 });
  const swapped = { ...honest, entries: forge.grow(forge.GENESIS, 1, 1, "other").map(({ entry }) => entry) };
  const { verdicts } = lab.run([{ kind: "bad-entry", packet: swapped, position: 0 }]);
  assertEquals(verdicts, [{ verdict: "reject", code: "no-contradiction", culprit: null }]);
  assertEquals(lab.state.evidence, []);
});

/** Returns the packet with a forged client signature on every request in its entries, hashes left as they are. */
function withForgedRequests(packet: Packet): Packet {
  if (packet.kind !== "AppendEntries") return packet;
  const entries = packet.entries.map((entry) => {
    const requests = (entry.requests ?? []).map((request) => ({ ...request, signature: new Uint8Array(64) }));
    return { ...entry, requests, body: joinRequests(requests) };
  });
  return { ...packet, entries };
}

Deno.test("§3.2a every follower verifies every client signature before it appends", () => {
  const cluster = new SimCluster({ replicas: 4 });
  const leader = () => cluster.ids.find((id) => cluster.node(id).state?.leadership);
  assert(cluster.elapse(5000, () => cluster.ids.every((id) => cluster.node(id).state!.commitIndex === 1)));
  const first = leader()!;
  const followers = cluster.ids.filter((id) => id !== first);
  const good = cluster.signRequest("c1", 0, 0, new Uint8Array([1]));
  const bad = { ...good, signature: new Uint8Array(64) } as typeof good;
  cluster.request(first, bad); // past the ingress of a leader that does not look
  assert(cluster.elapse(5000, () => followers.every((id) => cluster.node(id).state!.evidence.length > 0)));
  for (const id of followers) {
    const { log, evidence } = cluster.node(id).state!;
    assert(log.entries.every(({ entry }) => entry.requests!.length === 0), `${id} appended a forged request`);
    assertEquals(evidence.map(({ kind, culprit }) => ({ kind, culprit })), [{ kind: "bad-entry", culprit: first }]);
  }
  assert(cluster.elapse(20_000, () => leader() !== undefined && leader() !== first), "the forger went on leading");
});

Deno.test("§3.1 the body is what is hashed: another signature on the same request is another entry", () => {
  const lab = new Lab();
  lab.follow("r1", 1);
  const honest = forge.appendEntries("r1", 1, forge.grow(forge.GENESIS, 1, 1), { round: 2 });
  const { verdicts } = lab.receive(withForgedRequests(honest));
  assertEquals(verdicts, [{ verdict: "ignore", code: "entries-do-not-match-header" }]);
  assertEquals(lab.state.log.entries, []);
});
