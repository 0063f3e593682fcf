import { assertEquals, assertStringIncludes } from "@std/assert";
import type { ReplicaStanding } from "../../calls/cluster_health.ts";
import { type Reading, readingOf } from "./readings.ts";
import { accusedBy, believed, ledBy, type Look, Timeline } from "./timeline.ts";

const IDS = ["r1", "r2", "r3", "r4"];

const standing = (replica: string, follows: ReplicaStanding["follows"]): ReplicaStanding => ({
  ...{ replica, role: "follower", follows, full: follows !== null },
  ...(follows === null ? { trouble: "silent", reason: "did not answer" } : { trouble: null, reason: null }),
});

const following = (leader: string, term: number, silent: readonly string[] = []) =>
  IDS.map((id) => standing(id, silent.includes(id) ? null : { term, leader }));

const reading = (replica: string, change: Partial<Reading> = {}): Reading => ({
  ...readingOf({ replica, reachable: true, status: { epoch: 1 } }),
  ...change,
});

const look = (change: Partial<Look> = {}): Look => ({
  ...{ readings: IDS.map((id) => reading(id)), standings: following("r1", 1), weak: 2, disagreements: {}, forked: [] },
  ...change,
});

/** Returns what is told of the second look. */
function told(second: Look, first = look()): { readonly kind: string; readonly text: string }[] {
  const timeline = new Timeline();
  timeline.after(first);
  return timeline.after(second);
}

Deno.test("an election is told once f + 1 full replicas name the leader, with the reason most had", () => {
  const offices = [{ term: 1, leader: "r1", wantedFor: "patience" }];
  const readings = IDS.map((id) => reading(id, { offices }));
  const [event, ...more] = told(look({ standings: following("r2", 2), readings }));
  assertEquals(more, []);
  assertEquals(event?.kind, "election");
  assertStringIncludes(event!.text, "A quorum elected r2 leader of term 2, after r1 in term 1.");
  assertStringIncludes(event!.text, "because a client intervened");
});

Deno.test("one replica alone elects nobody, and a lower term never comes back", () => {
  const alone = [standing("r1", { term: 9, leader: "r4" }), ...following("r1", 1).slice(1)];
  assertEquals(told(look({ standings: alone })), []);
  assertEquals(told(look(), look({ standings: following("r3", 5) })), []);
});

Deno.test("a replica that goes and comes back is told with its reason", () => {
  const gone = look({ standings: following("r1", 1, ["r3"]) });
  assertEquals(told(gone), [{ kind: "replica", text: "r3 takes no part any more: did not answer." }]);
  assertEquals(told(look(), gone), [
    { kind: "replica", text: "r3 takes part again, and has or fetches what it missed." },
  ]);
});

Deno.test("interventions are told when they begin, evidence once for each lie", () => {
  const readings = IDS.map((id) =>
    reading(id, {
      interventions: id === "r2" ? 3 : 0,
      evidence: id === "r1" || id === "r3" ? [{ kind: "double-vote", culprit: "r4" }] : [],
    })
  );
  const [intervention, evidence, ...more] = told(look({ readings }));
  assertEquals(more, []);
  assertStringIncludes(intervention!.text, "3 of its requests wait at r2");
  assertStringIncludes(evidence!.text, "r4 voted for two candidates in one term: r1, r3 hold its own signatures");
  assertEquals(told(look({ readings }), look({ readings })), []);
  assertEquals([accusedBy(readings, 2), accusedBy(readings, 3)], [["r4"], []]);
});

Deno.test("a new epoch, answers that were outvoted and hashes that differ are told", () => {
  const readings = IDS.map((id) => reading(id, { epoch: 2 }));
  const events = told(look({ readings, disagreements: { r4: 2 }, forked: [{ replica: "r3", index: 7 }] }));
  assertEquals(events.map(({ kind }) => kind), ["reconfiguration", "evidence", "evidence"]);
  assertStringIncludes(events[0]!.text, "epoch 2 began with 4 replicas (r1, r2, r3, r4)");
  assertStringIncludes(events[1]!.text, "r4 answered 2 requests otherwise");
  assertStringIncludes(events[2]!.text, "r3 names another hash at index 7");
});

Deno.test("f liars cannot raise what is believed", () => {
  assertEquals([believed([5, 900, 4, null], 2), believed([5, null, null], 2)], [5, null]);
  assertEquals(ledBy([standing("r1", { term: 8, leader: "r1" }), ...following("r2", 3).slice(1)], 2), {
    ...{ leader: "r2", term: 3 },
  });
});
