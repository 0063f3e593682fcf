import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { judgeHealth } from "../../client/calls/cluster_health.ts";
import type { Json } from "../../client/calls/json_payload.ts";
import type { ReplicaStatus } from "../../client/calls/status_report.ts";

const HEALTHY = {
  ...{ role: "follower", term: 5, leader: "r1", active: true, recovery: null, stateTransfer: null, hearsQuorum: true },
  storage: { state: "ok" },
};
type Changes = { readonly [name: string]: Json } | null;

/** Judges replicas r1, r2, … of which r1 leads, with these changes to what they say; null is silence. */
function judge(...changes: readonly Changes[]) {
  const lines = changes.map((change, i): ReplicaStatus => {
    const replica = `r${i + 1}`;
    if (change === null) return { replica, reachable: false, reason: "unreachable" };
    const status = { ...HEALTHY, ...(i === 0 ? { role: "leader" } : {}), ...change } as {
      readonly [name: string]: Json;
    };
    return { replica, reachable: true, status };
  });
  return judgeHealth(lines);
}

const CASES: readonly (readonly [string, readonly Changes[], string, boolean, string])[] = [
  [
    "all are well",
    [{}, {}, {}, {}],
    "writable",
    true,
    "writable: r1, r2, r3, r4 follow r1 in term 5; a quorum is 3 of 4",
  ],
  ["one is down", [{}, {}, {}, null], "writable", false, "; r4: did not answer (true if none of them lies)"],
  [
    "two are down",
    [{}, {}, null, null],
    "no-quorum",
    true,
    "2 of 4 replicas can take part, wanted 3; r3, r4: did not answer",
  ],
  [
    ...["one is down and one disk refuses", [
      {},
      {},
      { storage: { state: "refused", message: "disk full" } },
      null,
    ]] as const,
    ...["no-quorum", false, "r3: disk refuses (disk full); r4: did not answer"] as const,
  ],
  ["one is down and one a learner", [{}, {}, { recovery: { bar: 3 } }, null], "no-quorum", false, "r3: is a learner"],
  ["one is down and one says learner", [{}, {}, { role: "learner" }, null], "no-quorum", false, "r3: is a learner"],
  ["one is down and one deactivated", [{}, { active: false }, {}, null], "no-quorum", false, "r2: was deactivated"],
  [
    "one is down and one fetches",
    [{}, { stateTransfer: { index: 9 } }, {}, null],
    "no-quorum",
    false,
    "r2: is fetching the state",
  ],
  ["one is down and one cut off", [{}, { hearsQuorum: false }, {}, null], "no-quorum", false, "r2: hears no quorum"],
  [
    ...["two are down, so the others hear no quorum", [
      { hearsQuorum: false },
      { hearsQuorum: false },
      null,
      null,
    ]] as const,
    ...["no-quorum", true, "2 of 4 replicas can take part, wanted 3; r3, r4: did not answer ("] as const,
  ],
  [
    "none names a leader",
    Array(4).fill({ leader: null }),
    "no-leader",
    false,
    "none names one; r1, r2, r3, r4: knows no leader",
  ],
  ["the leader is down", [null, {}, {}, {}], "no-leader", false, "r2, r3, r4 follow r1 in term 5; r1: did not answer"],
  [
    "the leader was restarted and leads no more",
    [{ role: "follower", leader: null }, {}, {}, {}],
    "no-leader",
    false,
    "r1: knows no leader",
  ],
  [
    "terms differ",
    [{}, {}, { term: 6, leader: "r3" }, { term: 6, leader: "r3" }],
    "no-leader",
    false,
    "r3, r4 follow r3 in term 6; r1, r2: follows r1 in term 5",
  ],
  ["seven, two down", [{}, {}, {}, {}, {}, null, null], "writable", false, "a quorum is 5 of 7"],
  ["seven, three down", [{}, {}, {}, {}, null, null, null], "no-quorum", true, "true unless more than 2 of them lie"],
  ["one alone", [{}], "writable", true, "tolerates no liar"],
];

for (const [what, changes, verdict, certain, words] of CASES) {
  Deno.test(`health: ${what}: ${verdict}`, () => {
    const health = judge(...changes);
    assertEquals(
      [health.verdict, health.writable, health.certain],
      [verdict, verdict === "writable", certain],
      health.sentence,
    );
    assertStringIncludes(health.sentence, words);
  });
}

Deno.test("health: whatever a replica says of itself, it is one standing and cannot steer a terminal", () => {
  const junk: readonly Json[] = [null, 7, "x", [], { leader: "\u001b[2J", term: 1, role: "\u001b[31mleader" }];
  for (const status of junk) {
    const { standings, sentence } = judgeHealth([
      { replica: "r1", reachable: true, status },
      { replica: "r2", reachable: true, status: HEALTHY },
    ]);
    assertEquals(standings.length, 2);
    assertEquals(sentence.includes("\u001b") || standings[0]!.role?.includes("\u001b") === true, false);
  }
});

Deno.test("health: no liar turns a certain verdict that nothing can be written", () => {
  const says: readonly Changes[] = [{}, { leader: null }, { recovery: { bar: 1 } }, { leader: "r2", term: 9 }];
  let judged = 0;
  for (let choice = 0; choice < 4 ** 4; choice++) {
    const told = Array.from({ length: 4 }, (_, i) => says[Math.floor(choice / 4 ** i) % 4]!);
    const { certain, writable } = judge(...told);
    if (!certain || writable) continue;
    for (let liar = 0; liar < 4; liar++) {
      for (const lie of says) {
        judged++;
        assertEquals(judge(...told.map((own, i) => i === liar ? lie : own)).writable, false, JSON.stringify(told));
      }
    }
  }
  assert(judged > 100);
});
