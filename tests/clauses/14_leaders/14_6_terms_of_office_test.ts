import { assert, assertEquals } from "@std/assert";
import { replicaId } from "../../../protocol/ids.ts";
import { lastHead, lastIndex } from "../../../replica/core/log/log.ts";
import { CONSTANTS, SimCluster } from "../../simulation/nodes/sim_cluster.ts";
import { ElectionLab } from "../support/election_lab.ts";
import { endOf as endOfChain, GENESIS, grow, prepareCertificate, request } from "../support/forge.ts";
import { handOver } from "../support/forge_offices.ts";

const T = CONSTANTS.electionTimeoutMs;
const PEERS = ["r2", "r3", "r4"];
const CHAIN = grow(GENESIS, 8, 1);

/** Returns a follower, r1, of r4 in term 1, that has committed the first `committed` entries, with heartbeats later. */
function follower(constants: Partial<typeof CONSTANTS>, committed: number): ElectionLab {
  const lab = new ElectionLab({ constants });
  const chain = CHAIN.slice(0, committed);
  lab.follow("r4", 1, chain);
  if (committed > 0) lab.commit(endOfChain(chain));
  return lab;
}

/** Lets `ms` pass under a leader that sends heartbeats; the reason for which the replica then wants it to go. */
function reasonAfter(lab: ElectionLab, ms: number): string | null {
  for (const end = lab.now + ms; lab.now < end;) {
    lab.heartbeat();
    lab.elapse(10);
  }
  return lab.state.offices.known.at(-1)!.wantedFor;
}

Deno.test("§14.6a a hand-over is due once so many entries are committed above the term's base", () => {
  for (const [committed, due] of [[3, false], [4, true]] as const) {
    const lab = follower({ officeEntries: 4 }, committed);
    lab.elapse(10);
    assertEquals(lab.state.offices.known[0]!.dueSince !== null, due, `${committed} entries`);
  }
  const above = follower({ officeEntries: 4 }, 6);
  const base = prepareCertificate(1, endOfChain(CHAIN.slice(0, 6)), PEERS);
  above.follow("r3", 2, [], { base, prev: lastHead(above.state.log) });
  above.elapse(10);
  assertEquals(above.state.offices.known[1]!.dueSince, null, "what lies below its base is none of its doing");
});

Deno.test("§14.6a or once the office has lasted so long, unless nothing but its no-op was committed in it", () => {
  for (const [committed, due] of [[1, false], [2, true]] as const) {
    const lab = follower({ officeMs: 4 * T }, committed);
    reasonAfter(lab, 4 * T - 50);
    assertEquals(lab.state.offices.known[0]!.dueSince, null);
    reasonAfter(lab, 100);
    assertEquals(lab.state.offices.known[0]!.dueSince !== null, due, `${committed} entries`);
  }
});

Deno.test("§14.6a with both constants 0 nothing is ever due, nor in a cluster of one", () => {
  const lab = follower({}, 8);
  assertEquals([reasonAfter(lab, 10 * T), lab.state.offices.known[0]!.dueSince], [null, null]);
  const alone = new ElectionLab({ replicas: 1, constants: { officeEntries: 2 } });
  alone.until(() => alone.state.view.role === "leader");
  for (let number = 1; number <= 5; number++) alone.request(request(number), false);
  alone.elapse(2 * T);
  assertEquals([lastIndex(alone.state.log), alone.state.offices.known[0]!.dueSince], [
    6 as typeof CHAIN[0]["entry"]["index"],
    null,
  ]);
});

Deno.test("§14.6a the time in which a replica did not get to run is left out", () => {
  const lab = follower({ officeMs: 4 * T }, 2);
  reasonAfter(lab, 2 * T);
  lab.now += 3 * T;
  lab.run([{ kind: "tick", lateMs: 3 * T }]);
  reasonAfter(lab, 2 * T - 50);
  assertEquals(lab.state.offices.known[0]!.dueSince, null);
  reasonAfter(lab, 100);
  assert(lab.state.offices.known[0]!.dueSince !== null);
});

Deno.test("§14.6b a follower suspects the leader once it has been due for two election timeouts", () => {
  const lab = follower({ officeEntries: 4 }, 4);
  lab.elapse(10);
  assertEquals(reasonAfter(lab, 2 * T - 20), null);
  assertEquals(reasonAfter(lab, 40), "office");
  assert(lab.suspects);
  assertEquals(reasonAfter(lab, 5 * T), "office", "no heartbeat ends it");
  lab.follow("r3", 2);
  lab.elapse(10);
  assert(!lab.suspects, "the next leader's office has only begun");
});

Deno.test("§14.6b one that hands over in time is suspected for that alone", () => {
  const lab = follower({ officeEntries: 4 }, 4);
  lab.elapse(10);
  lab.feed(handOver("r4", 1, "r2", endOfChain(CHAIN.slice(0, 4))));
  assertEquals(reasonAfter(lab, 100), "hand-over");
});

Deno.test("§14.6c fewer replicas than a quorum depose nobody, whatever they say of its term of office", () => {
  const cluster = new SimCluster({ replicas: 4 });
  const leaderOf = (): string | undefined => cluster.ids.find((id) => cluster.node(id).state?.view.role === "leader");
  assert(cluster.elapse(60_000, () => leaderOf() !== undefined));
  cluster.elapse(500);
  const leader = leaderOf()!;
  const liars = cluster.ids.filter((id) => id !== leader).slice(0, 2);
  for (const id of liars) cluster.node(id).state!.offices.known.at(-1)!.dueSince = -10 * T;
  cluster.elapse(20 * T);
  assert(liars.every((id) => cluster.node(id).state!.election.suspectingSince !== null), "they do not suspect");
  assertEquals([leaderOf(), Number(cluster.node(leader).state!.hard.currentTerm)], [leader, 1]);
});

Deno.test("§14.6 with terms of office a busy cluster has each replica lead in turn, and an idle one rests", () => {
  const cluster = new SimCluster({ replicas: 4, constants: { officeMs: 4 * T } });
  const terms = () => Math.max(...cluster.ids.map((id) => Number(cluster.node(id).state!.hard.currentTerm)));
  const leaderOf = () => cluster.ids.find((id) => cluster.node(id).state?.view.role === "leader");
  assert(cluster.elapse(60_000, () => leaderOf() !== undefined));
  const led = new Set<string>();
  for (let number = 1; led.size < 4; number++) {
    assert(number < 200, `only ${[...led]} led`);
    const leader = leaderOf();
    if (leader !== undefined) {
      led.add(leader);
      cluster.request(leader, cluster.signRequest("c1", number, number - 1, new Uint8Array(3)));
    }
    cluster.elapse(T / 4);
  }
  cluster.elapse(8 * T);
  const before = terms();
  cluster.elapse(60 * T);
  assertEquals(terms(), before, "nothing was committed, and still leaders changed");
});

Deno.test("§14.6b the leader itself finds so too, where it cannot hand over", () => {
  const lab = new ElectionLab({ constants: { officeEntries: 2 } });
  lab.lead(1);
  lab.request(request(1), false);
  const { length } = lab.state.log.entries;
  lab.commit(lastHead(lab.state.log));
  lab.state.view.handOver = null;
  for (const id of PEERS) lab.state.offices.tooSlow.add(replicaId(id)); // it has nobody to name
  assert(length === 2 && !lab.wait(2 * T - 100, () => lab.suspects), "too early");
  assert(lab.wait(200, () => lab.suspects));
  assertEquals(lab.state.offices.known[0]!.wantedFor, "office");
});
