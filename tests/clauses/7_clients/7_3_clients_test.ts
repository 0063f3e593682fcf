/** §7.3 in a whole cluster: what a client can and cannot do to a leader. */
import { assert, assertEquals } from "@std/assert";
import type { Request } from "../../../protocol/entry.ts";
import { clientId, seq } from "../../../protocol/ids.ts";
import type { Packet } from "../../../protocol/packet.ts";
import type { Signed, Verified } from "../../../protocol/signed.ts";
import type { CoreEvent } from "../../../replica/core/output.ts";
import { drawRandom } from "../../../replica/core/random.ts";
import { encodeKvCommand } from "../../../state_machine/mod.ts";
import { SimCluster } from "../../simulation/nodes/sim_cluster.ts";
import { SESSION } from "../../support/numbered_requests.ts";
import { preVote, register, requestIn } from "../support/forge.ts";

const HONEST = ["r1", "r2", "r3"];

const put = (value: number) => encodeKvCommand({ op: "put", key: "k", value: Uint8Array.of(value & 255) });

/** Returns a seeded source of whole numbers below `n`. */
function dice(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    const drawn = drawRandom(state);
    state = drawn.state;
    return Math.floor(drawn.value * n);
  };
}

const isSettled = (cluster: SimCluster, client: string, number: number, at = HONEST): boolean =>
  at.every((id) =>
    [...cluster.node(id).state!.sessions.clients].some(([name, { live }]) => {
      const session = live.get(SESSION);
      return name === client &&
        (session === undefined || session.floor > number + 1 || session.answers.has(seq(number + 1)));
    })
  );

const leaderOf = (cluster: SimCluster): string | null => {
  const leaders = new Set(HONEST.map((id) => cluster.node(id).state!.view.leader));
  return leaders.size === 1 ? [...leaders][0]! : null;
};

/** Returns a network rule under which the leader misses the requests of `client`, direct or passed on; it serves all others. */
function deafTo(client: string, leader: () => string | null) {
  return (_: string, to: string, packet: Packet): number | null =>
    packet.kind === "ForwardedRequest" && packet.signed.message.client === client && to === leader() ? null : 1;
}

Deno.test("§7.3g a leader that drops one client's requests is replaced, though it serves the others", () => {
  let deaf: string | null = null;
  const cluster: SimCluster = new SimCluster({ replicas: 4, delay: deafTo("c1", () => deaf) });
  assert(cluster.elapse(10_000, () => leaderOf(cluster) !== null));
  deaf = leaderOf(cluster);
  const others = cluster.ids.filter((id) => id !== deaf);
  const wanted = cluster.signRequest("c1", 0, 0, put(1));
  for (const id of others) cluster.request(id, wanted, true);
  let served = 0;
  const serveOthers = () => {
    const next = cluster.signRequest("c2", served, Math.max(0, served - 4), put(served));
    for (const id of cluster.ids) cluster.request(id, next);
    served++;
    cluster.schedule(200, serveOthers);
  };
  serveOthers();
  assert(cluster.elapse(10_000, () => isSettled(cluster, "c1", 0, others)), "the dropped request was never served");
  assert(served > 8);
  assert(!others.some((id) => cluster.node(id).state!.view.leader === deaf));
});

/**
 * Plays Byzantine client c2 and Byzantine replica r4: every few seconds, so that patience can run out in between, they send anything
 * they can sign: seqs with several floors and commands, different ones to each replica, normally, as interventions or passed on.
 */
function harass(cluster: SimCluster, roll: (n: number) => number, round = 0): void {
  const base = 20 * round;
  for (let i = roll(4); i >= 0; i--) {
    const number = base + 5 * roll(5);
    const request = cluster.signRequest("c2", number, Math.min(number, base + 5 * roll(3)), put(roll(3)));
    for (const id of HONEST) {
      const how = roll(4);
      if (how < 2) cluster.request(id, request, how === 0);
      if (how === 2) cluster.inject("r4", [id], { kind: "ForwardedRequest", signed: request });
    }
  }
  cluster.inject("r4", HONEST, preVote("r4", 1 + roll(9)));
  cluster.schedule(3000, () => harass(cluster, roll, round + 1));
}

for (let seed = 1; seed <= 8; seed++) {
  Deno.test(`§7.3h a client cannot depose a leader that serves, even with a replica's help, seed ${seed}`, () => {
    const roll = dice(seed);
    const suspicions: string[] = [];
    const event = (at: string, { event, fields }: CoreEvent) => {
      if (event === "suspect") suspicions.push(`${at}: ${fields["reason"]}`);
    };
    const cluster = new SimCluster({ replicas: 4, seed, delay: () => 1 + roll(30), hooks: { event } });
    assert(cluster.elapse(20_000, () => leaderOf(cluster) !== null && leaderOf(cluster) !== "r4"));
    cluster.node("r4").crash();
    const before = leaderOf(cluster);
    suspicions.length = 0;
    harass(cluster, roll);
    for (let i = 0; i < 40; i++) {
      const request = cluster.signRequest("c1", i, Math.max(0, i - 8), put(i));
      for (const id of HONEST) cluster.request(id, request, true);
      assert(cluster.elapse(1000, () => isSettled(cluster, "c1", i)), `request ${i} waited for longer than a second`);
      cluster.elapse(400);
    }
    assertEquals(leaderOf(cluster), before);
    assertEquals(suspicions, []);
  });
}

/**
 * The same in many sessions: registers good, late, old and repeated, so that slots and quota are always full; commands of all sessions there
 * are or were, high ones to the leader and low ones to the others, so that what they hold has no room there.
 */
function trespass(cluster: SimCluster, roll: (n: number) => number, kept: Signed<Request>[] = []): void {
  const state = cluster.node("r1").state!;
  const known = state.sessions.clients.get(clientId("c2"))!;
  const ids = [...known.live.keys(), ...[...known.closed.keys()].slice(-2)];
  for (let i = roll(5); i >= 0; i--) {
    kept.push(register(Math.max(0, state.appliedIndex - roll(3) * roll(40)), roll(256), "c2"));
    kept.push(requestIn(ids[roll(ids.length)]!, 3 + roll(14), "c2", 1 + roll(3)));
  }
  for (const session of known.live.values()) {
    for (let i = 0; i < 6; i++) {
      const floor = session.floor + roll(3);
      kept.push(requestIn(session.id, floor + roll(16), "c2", floor));
    }
  }
  const leader = leaderOf(cluster);
  for (const request of kept.slice(-60)) {
    const verified = request as Verified<Signed<Request>>;
    const low = request.message.kind === "SendRequest" && request.message.seq % 16 < 4;
    for (const id of HONEST) {
      if (id === leader ? low && roll(6) > 0 : roll(2) > 0) continue;
      if (roll(4) === 0) cluster.inject("r4", [id], { kind: "ForwardedRequest", signed: request });
      else cluster.request(id, verified, roll(3) > 0);
    }
  }
  cluster.schedule(100 + roll(2000), () => trespass(cluster, roll, kept.slice(-200)));
}

for (let seed = 1; seed <= 12; seed++) {
  Deno.test(`§7.3h nor by many sessions and registers, with a replica's help, seed ${seed}`, () => {
    const roll = dice(seed);
    const suspicions: string[] = [];
    const event = (at: string, { event, fields }: CoreEvent) => {
      if (event === "suspect") suspicions.push(`${at}: ${fields["reason"]}`);
    };
    const constants = { registrationHorizon: 32 + roll(60), sessionsPerClient: 1 + roll(6) };
    const cluster = new SimCluster({ replicas: 4, seed, constants, delay: () => 1 + roll(30), hooks: { event } });
    assert(cluster.elapse(20_000, () => leaderOf(cluster) !== null && leaderOf(cluster) !== "r4"));
    cluster.node("r4").crash();
    const before = leaderOf(cluster);
    suspicions.length = 0;
    trespass(cluster, roll);
    for (let i = 0; i < 40; i++) {
      const request = cluster.signRequest("c1", i, Math.max(0, i - 8), put(i));
      for (const id of HONEST) cluster.request(id, request, true);
      assert(cluster.elapse(1000, () => isSettled(cluster, "c1", i)), `request ${i} waited for longer than a second`);
      cluster.elapse(400);
    }
    assertEquals([leaderOf(cluster), suspicions], [before, []]);
    const opened = cluster.node("r1").state!.sessions.clients.get(clientId("c2"))!;
    assert(opened.live.size + opened.closed.size > 5, "it opened sessions all the time");
  });
}

Deno.test("§7.3h a client cannot depose a leader that serves by telling it of another floor than the others", () => {
  const cluster = new SimCluster({ replicas: 4 });
  assert(cluster.elapse(20_000, () => leaderOf(cluster) !== null));
  const leader = leaderOf(cluster)!;
  for (const floor of [0, 10]) cluster.request(leader, cluster.signRequest("c2", 10, floor, put(floor)));
  cluster.elapse(50);
  for (const id of cluster.ids) {
    if (id !== leader) cluster.request(id, cluster.signRequest("c2", 5, 0, put(5)), true);
  }
  cluster.elapse(20_000);
  assertEquals(leaderOf(cluster), leader);
  assert(isSettled(cluster, "c2", 5));
});
