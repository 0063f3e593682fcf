/** §5.4: what a response says, and to whom. */
import { assert, assertEquals } from "@std/assert";
import type { Head } from "../../../protocol/entry.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import { SimCluster } from "../../simulation/nodes/sim_cluster.ts";
import * as forge from "../support/forge.ts";
import { Lab, type Outcome, sentOf } from "../support/lab.ts";

const CHAIN = forge.grow(forge.GENESIS, 5, 1);
const at = (index: number): Head => index === 0 ? forge.GENESIS : forge.headIn(CHAIN, index);
const PEERS = ["r1", "r3", "r4"];

const published = (outcome: Outcome) => sentOf(outcome, "AppendEntriesResponse").map(({ signed }) => signed.message);

Deno.test("§5.4 a response is published to all, and says what this replica acked, holds and committed", () => {
  const lab = new Lab();
  lab.follow("r1", 1, CHAIN.slice(0, 3));
  lab.receive(...forge.reportsOf(PEERS, 1, at(2)));
  const outcome = lab.receive(forge.appendEntries("r1", 1, CHAIN.slice(3), { prev: at(3), round: 7 }));
  assertEquals(outcome.sent.map(({ to }) => to), ["all"]);
  assertEquals(published(outcome), [{
    kind: "AppendEntriesResponse",
    term: lab.state.hard.currentTerm,
    replica: lab.self,
    acks: [at(4), at(5)],
    prepared: forge.rankOf(1, at(2)),
    commitIndex: at(2).index,
    commitHash: at(2).hash,
    round: lab.state.view.lastRound,
  }]);
});

Deno.test("§5.4 the leader publishes its own as everyone does (commit verification)", () => {
  const lab = new Lab();
  const [own] = published(lab.lead(1));
  assertEquals(own!.acks.at(-1), {
    index: lab.state.log.entries[0]!.entry.index,
    hash: lab.state.log.entries[0]!.hash,
  });
});

Deno.test("§5.4a acks lists every entry newly appended since the last response, and always the head", () => {
  const lab = new Lab();
  const [first] = published(lab.follow("r1", 1, CHAIN.slice(0, 2)));
  assertEquals(first!.acks, [at(0), at(1), at(2)]);
  const [second] = published(lab.receive(forge.appendEntries("r1", 1, CHAIN.slice(2), { prev: at(2), round: 2 })));
  assertEquals(second!.acks, [at(3), at(4), at(5)]);
  const repeated = published(lab.elapse(200));
  assertEquals(repeated.map(({ acks }) => acks), repeated.map(() => [at(5)]));
  assert(repeated.length > 0);
});

Deno.test("§5.4 one batch of AppendEntries gives one response that lists them all", () => {
  const lab = new Lab();
  const proof = forge.electionProof("r1", 1, PEERS);
  const packets = CHAIN.map((entry, i) => forge.appendEntries("r1", 1, [entry], { prev: at(i), round: i + 1, proof }));
  assertEquals(published(lab.receive(...packets)).map(({ acks }) => acks), [[0, 1, 2, 3, 4, 5].map(at)]);
});

Deno.test("§5.4b the list is bounded, and keeps the newest", () => {
  const lab = new Lab();
  const long = forge.grow(forge.GENESIS, LIMITS.maxAcks + 20, 1);
  const proof = forge.electionProof("r1", 1, PEERS);
  const half = forge.headIn(long, 50);
  const [message] = published(lab.receive(
    forge.appendEntries("r1", 1, long.slice(0, 50), { proof }),
    forge.appendEntries("r1", 1, long.slice(50), { prev: half, round: 2 }),
  ));
  assertEquals(message!.acks, long.slice(-LIMITS.maxAcks).map(({ entry }) => forge.headIn(long, entry.index)));
});

Deno.test("§5.4a after a restart the acks still contain the head", () => {
  const lab = new Lab();
  lab.follow("r1", 1, CHAIN);
  lab.restart();
  const [message] = published(lab.elapse(200));
  assertEquals(message!.acks, [at(5)]);
  const next = forge.grow(at(5), 1, 1);
  const [fresh] = published(lab.follow("r1", 1, next, { prev: at(5), round: 9 }));
  assertEquals(fresh!.acks, [forge.endOf(next)]);
});

Deno.test("§5.4c an older tail of the own log is not acked until this term's leader covers it", () => {
  const lab = new Lab();
  lab.follow("r1", 1, CHAIN);
  const [message] = published(lab.follow("r3", 2, [], { prev: at(2) }));
  assertEquals([message!.acks, lab.state.hard.ack], [[at(0), at(1), at(2)], at(2)]);
  const [confirmed] = published(lab.receive(forge.appendEntries("r3", 2, [], { prev: at(4), round: 2 })));
  assertEquals(confirmed!.acks, [at(3), at(4)]); // newly confirmed, appended long ago
});

Deno.test("§5.4 the leader's first AppendEntries of a term starts at the base, so that it is acked anew", () => {
  const lab = new Lab();
  lab.follow("r1", 1, CHAIN);
  lab.receive(...forge.acksOf(PEERS, 1, at(3)));
  const outcome = lab.lead(5);
  const [opening] = sentOf(outcome, "AppendEntries");
  const { prevIndex, prevHash, entryHashes } = opening!.signed.message;
  assertEquals({ index: prevIndex, hash: prevHash }, at(3));
  // The no-op, and what was on the log behind the base, ordered anew (§5.8).
  assertEquals(entryHashes, lab.state.log.entries.slice(3).map(({ hash }) => hash));
  const [own] = published(outcome);
  assertEquals(own!.acks.map(({ index }) => Number(index)), [3, 4, 5]);
});

Deno.test("§5.4 a replica behind its leader's broadcast is brought up to it and acks common heads", () => {
  let cut = true;
  const cluster = new SimCluster({ replicas: 4, delay: (_, to) => cut && to === "r4" ? null : 1 });
  const commit = (id: string) => Number(cluster.node(id).state!.commitIndex);
  for (let i = 0; i < 10; i++) cluster.request("r1", cluster.signRequest("c1", i, 0, new Uint8Array([i])), true);
  assert(cluster.elapse(20_000, () => commit("r1") >= 2 && commit("r2") >= 2 && commit("r3") >= 2));
  cut = false;
  const all = () => cluster.ids.every((id) => commit(id) === cluster.node(id).state!.log.entries.length);
  assert(cluster.elapse(20_000, () => all() && commit("r4") === commit("r1")));
});
