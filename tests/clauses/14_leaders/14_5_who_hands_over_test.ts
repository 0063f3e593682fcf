import { assert, assertEquals } from "@std/assert";
import { type ReplicaId, replicaId } from "../../../protocol/ids.ts";
import { Activation } from "../../../replica/answers/activation.ts";
import { lastHead } from "../../../replica/core/log/log.ts";
import { mayStop } from "../../../replica/core/offices/leaving.ts";
import type { Storage } from "../../../replica/storage/port.ts";
import { eventually } from "../../../tasks/support/eventually.ts";
import { CONSTANTS, SimCluster } from "../../simulation/nodes/sim_cluster.ts";
import { MemoryCluster } from "../../support/memory_cluster.ts";
import { ElectionLab } from "../support/election_lab.ts";
import { reportsOf, request, requestVote } from "../support/forge.ts";
import { rollCall } from "../support/forge_offices.ts";

const { electionTimeoutMs: T, heartbeatMs } = CONSTANTS;
const ALL = ["r2", "r3", "r4"];

const stops = (lab: ElectionLab): boolean => mayStop(lab.state, lab.now);

const leave = (lab: ElectionLab) => lab.run([{ kind: "leave", reason: "stop" }]);

Deno.test("§14.5a a leader stops two heartbeats after it knows the next leader, or after an election timeout", () => {
  const lab = new ElectionLab();
  lab.lead(1);
  assert(!stops(lab), "nobody told it to");
  leave(lab);
  lab.commit(lastHead(lab.state.log));
  const { prepared } = lab.state;
  lab.feed(requestVote("r2", 2, ALL, prepared));
  assert(lab.wait(T / 2, () => lab.state.hard.currentTerm === 2));
  assert(!stops(lab), "the next leader is not known");
  lab.follow("r2", 2, [], { base: prepared, prev: lastHead(lab.state.log) });
  lab.elapse(2 * heartbeatMs - 10);
  assert(!stops(lab));
  lab.elapse(10);
  assert(stops(lab));

  const alone = new ElectionLab();
  alone.lead(1);
  leave(alone);
  alone.elapse(T - 10);
  assert(!stops(alone));
  alone.elapse(10);
  assert(stops(alone));
});

Deno.test("§14.5 whoever does not lead stops at once", () => {
  const lab = new ElectionLab();
  lab.follow("r2", 1);
  leave(lab);
  assert(stops(lab));
});

Deno.test("§14.5 a cluster whose leader leaves has the successor it named in a fraction of an election timeout", () => {
  for (const replicas of [4, 7]) {
    const cluster = new SimCluster({ replicas });
    const leaderOf = (): string | undefined => cluster.ids.find((id) => cluster.node(id).state?.view.role === "leader");
    assert(cluster.elapse(60_000, () => leaderOf() !== undefined));
    cluster.elapse(500);
    for (let turn = 0; turn < 2 * replicas; turn++) {
      const before = leaderOf()!;
      cluster.node(before).run([{ kind: "leave", reason: "stop" }]);
      const at = cluster.now;
      const next = cluster.ids[(cluster.ids.indexOf(cluster.node(before).state!.config.self) + 1) % replicas]!;
      assert(cluster.elapse(T, () => cluster.node(next).state!.view.role === "leader"), `${next} after ${before}`);
      assert(cluster.now - at < T / 4, `it took ${cluster.now - at} ms`);
      assert(cluster.elapse(T / 2, () => mayStop(cluster.node(before).state!, cluster.now)), "it may not stop");
      cluster.node(before).run([{ kind: "leave", reason: null }]);
      cluster.elapse(3 * T);
      assertEquals(leaderOf(), next, "the office is kept");
    }
  }
});

Deno.test("§14.5 the only replica stops at once", () => {
  const lab = new ElectionLab({ replicas: 1 });
  lab.until(() => lab.state.view.role === "leader");
  leave(lab);
  assert(stops(lab));
});

/** Returns a leader of term 1, r1, whose no-op is committed, with heartbeats answered. */
function leader(constants: Partial<typeof CONSTANTS> = {}): ElectionLab {
  const lab = new ElectionLab({ constants: { ...CAP, ...constants } });
  lab.lead(1);
  lab.commit(lastHead(lab.state.log));
  return lab;
}

/** A short cap, after which a leader may hand over for a learner. */
const CAP = { electionTimeoutCapMs: 4 * T };

/** Lets `ms` pass under followers that answer, r4 being silent as a learner is; the HandOvers signed meanwhile. */
function served(lab: ElectionLab, ms: number): number {
  for (const end = lab.now + ms; lab.now < end;) {
    lab.feed(...reportsOf(["r2", "r3"], 1, lastHead(lab.state.log)));
    lab.elapse(20);
  }
  return new Set(lab.take("HandOver").map(({ packet }) => packet.signed.message.term)).size;
}

const begun = (lab: ElectionLab): string | undefined => lab.state.leadership!.handing?.reason;

Deno.test("§14.5b a deactivated replica takes part until it has left its office, and the order is durable before", () => {
  const meta = new Map<string, string>();
  const storage = {
    getMeta: (key: string) => meta.get(key) ?? null,
    setMeta: (key: string, value: string) => void meta.set(key, value),
  } as Storage;
  const activation = new Activation(replicaId("r1"), storage);
  const order = (active: boolean, number: number) =>
    activation.obey({ kind: "SetActive", replica: replicaId("r1"), active, order: number, nonce: number });
  assertEquals(order(false, 1), null);
  assertEquals([activation.active, activation.leaving], [false, true]);
  const restarted = new Activation(replicaId("r1"), storage);
  assertEquals([restarted.active, restarted.leaving], [false, false], "it has no office to leave");
  activation.left();
  assertEquals(activation.leaving, false);
  assertEquals([order(false, 2), activation.leaving], [null, false], "it is gone already");
  assertEquals([order(true, 3), order(false, 4), order(true, 5)], [null, null, null]);
  assertEquals([activation.active, activation.leaving], [true, false]);
});

Deno.test("§14.5b the leader hands over when it is deactivated, then falls silent, and leads no more", async () => {
  await using cluster = MemoryCluster.start();
  const client = cluster.client("c1");
  await client.put("a", "1");
  const leaderOf = () => cluster.statuses().find(({ role, active }) => role === "leader" && active)?.replica;
  const before = leaderOf()!;
  const { term: led } = cluster.nodes.get(before)!.replica.status();
  await cluster.client("operator").setActive(before, false);
  await client.put("b", "2");
  const { leader: next, term: now } = await eventually(
    "another leader",
    () =>
      Promise.resolve(cluster.statuses().find(({ role, replica }) => role === "leader" && replica !== before) ?? null),
  );
  assert(next !== before && now === led + 1, `${next} leads term ${now} after ${led}`);
  const { wantedFor } = cluster.nodes.get(next!)!.replica.status().offices.past.at(-1)!;
  assertEquals(wantedFor, "hand-over");
  const status = () => cluster.nodes.get(before)!.replica.status();
  assertEquals([status().active, status().leader], [false, next], "it stayed until it knew the next leader");
});

Deno.test("§14.5c a leader hands over for a learner whose roll call it answered, once it has led for long", () => {
  const lab = leader();
  served(lab, 3 * T);
  lab.feed(rollCall("r4"));
  assertEquals(served(lab, T - 20), 0);
  assertEquals(begun(lab), undefined, "it has led for too short a time");
  assert(lab.wait(200, () => begun(lab) === "learner"));
  lab.take("HandOver");

  const early = leader();
  served(early, 5 * T);
  early.feed(rollCall("r4"));
  served(early, T - 40);
  assertEquals(begun(early), undefined, "the learner has not had the time to hear the answers");
  assertEquals(served(early, 200), 1);
});

Deno.test("§14.5c not for one that has signed a response since: it is a full replica", () => {
  const lab = leader();
  served(lab, 5 * T);
  lab.feed(rollCall("r4"));
  lab.feed(...reportsOf(["r4"], 1, lastHead(lab.state.log)));
  assertEquals(served(lab, 5 * T), 0);
});

Deno.test("§14.5d for one asker once in 64 caps, whatever nonces it draws", () => {
  const lab = leader();
  served(lab, 5 * T);
  lab.feed(rollCall("r4"));
  assertEquals(served(lab, 2 * T), 1);
  lab.state.leadership!.handing = null; // another term of this leader, in which it has led for long
  const again = (ms: number): boolean => {
    for (const end = lab.now + ms; lab.now < end;) {
      lab.feed(rollCall("r4", lab.now));
      served(lab, T);
      if (begun(lab) !== undefined) return true;
    }
    return false;
  };
  assert(!again(63 * CAP.electionTimeoutCapMs), "it handed over again for the same asker");
  assert(again(2 * CAP.electionTimeoutCapMs), "it never did again");
});

Deno.test("§14.5e a leader hands over when it holds its own hand-over due", () => {
  const lab = leader({ officeEntries: 3 });
  for (let number = 1; number <= 2; number++) {
    assertEquals(begun(lab), undefined);
    lab.request(request(number), false);
    lab.commit(lastHead(lab.state.log));
  }
  lab.elapse(20);
  assertEquals(lab.take("HandOver").at(-1)!.packet.signed.message.leader, "r1" as ReplicaId);
  assertEquals(begun(lab), "office");
  assertEquals(lab.state.offices.known[0]!.wantedFor, "office");
});

Deno.test("§14.5e likewise for its pace, once the request that waited is committed", () => {
  const lab = leader({ paceMs: 600, electionTimeoutCapMs: 1000 });
  lab.commit(lastHead(lab.state.log));
  for (let i = 0; i < 2; i++) lab.request(request(0), false);
  lab.elapse(900 + 20);
  assertEquals(begun(lab), "pace");
  assertEquals(lab.take("HandOver"), [], "it is not drained");
  lab.commit(lastHead(lab.state.log));
  assertEquals(lab.take("HandOver").at(-1)!.packet.signed.message.successor, "r2" as ReplicaId);
});
