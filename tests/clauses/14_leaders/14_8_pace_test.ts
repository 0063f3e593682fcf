import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { clientId, replicaId } from "../../../protocol/ids.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import { noteResult } from "../../../replica/core/clients/fair_share.ts";
import type { Context } from "../../../replica/core/context.ts";
import { tickSuspicion } from "../../../replica/core/election/suspicion.ts";
import { tickPace } from "../../../replica/core/offices/expectation.ts";
import { preVote, request } from "../support/forge.ts";
import { PACE_MS, PaceLab } from "../support/pace_lab.ts";

const [c1, c2] = ["c1", "c2"].map(clientId) as [ReturnType<typeof clientId>, ReturnType<typeof clientId>];
const TICK_MS = 10;

const lostBy = ({ state }: PaceLab, client = c1): number => state.pace.losses.get(client)?.lostMs ?? 0;

/** Lets `ms` pass for the account alone; returns the context of its last tick. */
function account(lab: PaceLab, ms: number): Context {
  let context = lab.context();
  for (const end = lab.now + ms; lab.now < end;) {
    lab.now += TICK_MS;
    tickPace(context = lab.context());
  }
  return context;
}

Deno.test("§14.8a a client loses time while what it showed has waited for half a pace, and is forgiven a quarter of the rest", () => {
  const lab = PaceLab.following();
  lab.show(request(0));
  lab.elapse(PACE_MS / 2);
  assertEquals(lostBy(lab), 0);
  lab.elapse(0.8 * PACE_MS);
  assertAlmostEquals(lostBy(lab), 0.8 * PACE_MS, TICK_MS);
  lab.serve(request(0));
  lab.elapse(0.4 * PACE_MS);
  assertAlmostEquals(lostBy(lab), 0.7 * PACE_MS, TICK_MS, "a quarter of 0.4 is forgiven");
  lab.elapse(2.8 * PACE_MS);
  assertAlmostEquals(lostBy(lab), 0, TICK_MS);
});

Deno.test("§14.8a half a pace is exact, however seldom the account is looked at", () => {
  const lab = PaceLab.following();
  lab.show(request(0));
  lab.now += 1.3 * PACE_MS;
  tickPace(lab.context());
  assertEquals(lostBy(lab), 0.8 * PACE_MS);
});

Deno.test("§14.8b once a client has lost the pace in force the replica suspects, and its log says who waited and how long", () => {
  const lab = PaceLab.following();
  lab.show(request(0));
  assertAlmostEquals(lab.suspectsAfter()!, 1.5 * PACE_MS, TICK_MS);
  lab.state.election.suspectingSince = null;
  const context = lab.context();
  tickSuspicion(context);
  const { client, waitedMs, lostMs, paceMs, reason, leader } = context.out.events[0]!.fields;
  assertEquals([reason, leader, client, lostMs, paceMs], ["pace", "r2", "c1", PACE_MS, PACE_MS]);
  assertAlmostEquals(waitedMs as number, 1.5 * PACE_MS, TICK_MS);
});

Deno.test("§14.8b a leader finds itself too slow as well", () => {
  const lab = new PaceLab({ electionTimeoutMs: 1000, electionTimeoutCapMs: 1000 });
  lab.lead(1);
  lab.show(request(0));
  lab.show(request(0));
  lab.elapse(1.5 * PACE_MS + TICK_MS);
  assertEquals(lab.state.pace.due?.client, c1);
});

Deno.test("§14.8c a client that owes loses nothing, and nobody without a leader, during a transfer, or at a learner", () => {
  const owing = PaceLab.following();
  for (let i = 0; i < 100; i++) noteResult(owing.state, c1, LIMITS.maxResultBytes, owing.now);
  owing.show(request(0));
  owing.show(request(0, "", "c2"));
  account(owing, 1.2 * PACE_MS);
  assertAlmostEquals(lostBy(owing, c2), 0.7 * PACE_MS, TICK_MS);
  assertEquals(lostBy(owing), 0);

  const causes: readonly ((lab: PaceLab) => void)[] = [
    ({ state }) => state.view.leader = null,
    ({ state }) => state.transfer = {} as never,
    ({ state }) => state.hard = { ...state.hard, recovery: {} as never },
  ];
  for (const cause of causes) {
    const lab = PaceLab.following();
    lab.show(request(0));
    cause(lab);
    account(lab, 3 * PACE_MS);
    assertEquals(lostBy(lab), 0);
  }
});

Deno.test("§14.8d under a new leader nothing is lost yet, and what is shown counts from when that one is given it", () => {
  const lab = PaceLab.following();
  lab.show(request(0));
  lab.elapse(1.4 * PACE_MS);
  assert(!lab.suspects);
  lab.change("r3", 2);
  assertEquals(lostBy(lab), 0);
  assertAlmostEquals(lab.suspectsAfter()!, 1.5 * PACE_MS, 2 * TICK_MS);
});

Deno.test("§14.8e the due outlives the wait, until nobody has lost anything for eight paces, or another leads", () => {
  const lab = PaceLab.following();
  lab.show(request(0));
  lab.elapse(1.6 * PACE_MS);
  lab.serve(request(0));
  assert(!lab.wait(LIMITS.dueLapsesPaces * PACE_MS - 2 * TICK_MS, () => !lab.suspects));
  assert(lab.wait(3 * TICK_MS, () => !lab.suspects));

  const other = PaceLab.following();
  other.show(request(0));
  other.elapse(1.6 * PACE_MS);
  other.change("r3", 2);
  assertEquals([other.suspects, other.state.pace.due], [false, null]);
});

Deno.test("§14.8f one client that waits is enough, though all others are served at once", () => {
  const lab = PaceLab.following();
  lab.show(request(0));
  const from = lab.now;
  for (let i = 0; !lab.suspects; i++) {
    assert(lab.now < from + 2 * PACE_MS);
    lab.show(request(i, "", "c2"));
    lab.elapse(2 * TICK_MS);
    lab.serve(request(i, "", "c2"));
  }
  assertAlmostEquals(lab.now - from, 1.5 * PACE_MS, 3 * TICK_MS);
  assertEquals(lostBy(lab, c2), 0);
});

Deno.test("§14.8g who has what it is given committed within half a pace is not suspected, whatever f replicas and clients say", () => {
  const lab = PaceLab.following();
  for (let i = 0; i < 20; i++) {
    lab.show(request(i));
    lab.feed(preVote("r4", 2 + i));
    for (const far of [3, 7]) lab.show(request(i + far, "", "c1", i + far));
    lab.elapse(PACE_MS / 2);
    lab.serve(request(i));
    assertEquals([lostBy(lab), lab.suspects], [0, false]);
  }
});

/** Has the leader of the moment held due for its pace, by a request that is served then. */
function holdDue(lab: PaceLab, number: number): void {
  lab.show(request(number));
  assert(lab.wait(10 * PACE_MS, () => lab.state.pace.due !== null));
  lab.serve(request(number));
}

Deno.test("§14.8h the pace doubles once f + 1 different leaders were too slow, up to the cap of patience", () => {
  const lab = PaceLab.following();
  const inForce = () => lab.state.pace.inForceMs / PACE_MS;
  holdDue(lab, 0);
  lab.change("r3", 2);
  lab.change("r2", 3);
  holdDue(lab, 1);
  assertEquals([inForce(), [...lab.state.offices.tooSlow]], [1, [replicaId("r2")]], "one alone loosens nothing");
  lab.change("r3", 4);
  lab.show(request(2));
  account(lab, 1.5 * PACE_MS + 2 * TICK_MS);
  assertEquals([inForce(), lab.state.pace.due?.client], [2, c1], "it is due all the same");
  lab.serve(request(2));
  lab.change("r4", 5);
  lab.show(request(3));
  assertAlmostEquals(lab.suspectsAfter()!, 3 * PACE_MS, 2 * TICK_MS);
  lab.serve(request(3));
  for (const [i, leader] of ["r3", "r4", "r3", "r4", "r3"].entries()) {
    lab.change(leader, 6 + i);
    holdDue(lab, 4 + i);
  }
  assertEquals(inForce(), 4);
});

Deno.test("§14.8h a change of the pace is in the log", () => {
  const lab = PaceLab.following();
  lab.state.offices.tooSlow.add(replicaId("r4"));
  lab.show(request(0));
  lab.elapse(TICK_MS);
  const events = [];
  for (let i = 0; i < 200; i++) events.push(...account(lab, TICK_MS).out.events);
  assertEquals(events.map(({ event, level, fields }) => ({ event, level, ...fields })), [
    { event: "pace", level: "warn", from: PACE_MS, to: 2 * PACE_MS, leaders: "r4 r2" },
  ]);
});

/** A follower that expects four times the roster's pace. */
function eased(): PaceLab {
  const lab = PaceLab.following();
  lab.state.pace.inForceMs = 4 * PACE_MS;
  return lab;
}

Deno.test("§14.8h it halves with every sixteen paces without losses in which something was executed, under whatever leaders", () => {
  const lab = eased();
  account(lab, 40 * PACE_MS);
  assertEquals(lab.state.pace.inForceMs, 4 * PACE_MS, "nothing was executed");
  lab.serve(request(0));
  account(lab, TICK_MS);
  assertEquals(lab.state.pace.inForceMs, 2 * PACE_MS);
  lab.serve(request(1));
  account(lab, 10 * PACE_MS);
  lab.change("r3", 2);
  account(lab, 5.9 * PACE_MS);
  assertEquals(lab.state.pace.inForceMs, 2 * PACE_MS);
  account(lab, 0.2 * PACE_MS);
  assertEquals(lab.state.pace.inForceMs, PACE_MS, "and no further");
  lab.serve(request(2));
  account(lab, 40 * PACE_MS);
  assertEquals(lab.state.pace.inForceMs, PACE_MS);
});

Deno.test("§14.8h time in which somebody has lost some by the roster's measure is no calm, and that goes on over leaders", () => {
  const lab = eased();
  lab.serve(request(0));
  lab.show(request(1));
  account(lab, PACE_MS);
  lab.change("r3", 2);
  assertEquals([lostBy(lab), lab.state.pace.losses.get(c1)!.lostAtBaseMs > 0.4 * PACE_MS], [0, true]);
  lab.serve(request(1));
  const { calmMs } = lab.state.pace;
  account(lab, 1.5 * PACE_MS);
  assertEquals(lab.state.pace.calmMs, calmMs);
  account(lab, PACE_MS);
  assert(lab.state.pace.calmMs > calmMs);
});

Deno.test("§14.8i with another pace in force nobody counts as too slow any more", () => {
  const lab = eased();
  lab.state.offices.tooSlow.add(replicaId("r4"));
  lab.serve(request(0));
  account(lab, 17 * PACE_MS);
  assertEquals([lab.state.pace.inForceMs, lab.state.offices.tooSlow.size], [2 * PACE_MS, 0]);
  lab.show(request(1));
  lab.elapse(3 * PACE_MS + 2 * TICK_MS);
  assertEquals([...lab.state.offices.tooSlow], [replicaId("r2")]);
});

Deno.test("§14.8j with a pace of 0 nothing is held, and nobody is suspected for it", () => {
  const lab = PaceLab.following({ paceMs: 0 });
  lab.show(request(0));
  lab.elapse(20 * PACE_MS);
  assertEquals([lab.state.pace.shown.size, lab.suspects], [0, false]);
});
