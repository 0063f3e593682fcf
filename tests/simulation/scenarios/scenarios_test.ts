/** Each scenario really brings about what it is for, and nothing breaks. */
import { assert, assertEquals } from "@std/assert";
import type { ReplicaId } from "../../../protocol/ids.ts";
import type { Packet } from "../../../protocol/packet.ts";
import type { PersistOperation } from "../../../replica/core/log/durable_state.ts";
import type { CoreEvent } from "../../../replica/core/output.ts";
import { longTest } from "../../support/long_tests.ts";
import { createFakeCrypto } from "../network/sim_crypto.ts";
import type { Observer } from "../observer.ts";
import { drawPlan } from "../plan/draw_plan.ts";
import type { Plan } from "../plan/plan.ts";
import { runPlan } from "../run.ts";
import { runUntilSeen, type Wanted } from "../search/run_until_seen.ts";
import type { RunStats } from "../search/stats.ts";
import { SCENARIOS } from "./mod.ts";

/** Everything a run showed, in order. */
interface Run {
  readonly plan: Plan;
  readonly stats: RunStats;
  readonly sent: readonly { readonly from: ReplicaId; readonly packet: Packet; readonly honest: boolean }[];
  readonly events: readonly CoreEvent[];
  /** Transactions of honest replicas. */
  readonly persisted: readonly (readonly PersistOperation[])[];
}

/** Runs a scenario; every run must pass. */
function runScenario(scenario: string, seed: number, replicas = 4): Run {
  const plan = { ...drawPlan(seed, { replicas, scenario }), crypto: "fake" } as const;
  const faulty = new Set(plan.byzantine.map(({ replica }) => replica));
  const [sent, events, persisted]: [Run["sent"][number][], CoreEvent[], (readonly PersistOperation[])[]] = [[], [], []];
  const observer: Observer = {
    sent: (from, _, packet, disk) => void sent.push({ from, packet, honest: disk !== null }),
    event: (_, event) => void events.push(event),
    persisted: (at, operations) => void (faulty.has(at) || persisted.push(operations)),
  };
  const { violation, stats } = runPlan(plan, createFakeCrypto(), { observer });
  assertEquals(violation, null, `${scenario}, n = ${replicas}, seed ${seed}`);
  return { plan, stats, sent, events, persisted };
}

function testScenario(scenario: string, wanted: Wanted<Run>, seeds: readonly number[] = [1, 2, 3, 4, 5, 6]): void {
  Deno.test(`scenario ${scenario}: it comes about, and nothing breaks`, () => {
    runUntilSeen(seeds, wanted, (seed) => runScenario(scenario, seed));
  });
}

const signedTerm = ({ packet }: Run["sent"][number]): number =>
  packet.kind === "Vote" || packet.kind === "AppendEntriesResponse" ? packet.signed.message.term : 0;

/** Counts honest replicas that answer a roll call with a lower term than the caller has signed in. */
const lowHonestAnswers = ({ sent }: Run): number =>
  sent.filter(({ honest, packet }, i) => {
    if (!honest || packet.kind !== "RollCallAnswer") return false;
    const { asker, term } = packet.signed.message;
    return sent.slice(0, i).some((each) => each.from === asker && signedTerm(each) > term);
  }).length;

testScenario("starved", {
  "replicas that stand still for a while": [100, ({ stats }) => stats.pauses],
  "ticks late by half an election timeout or more": [
    100,
    ({ events }) => events.filter(({ event }) => event === "starved").length,
  ],
});

/** Counts events of one name. */
const told = (name: string) => ({ events }: Run): number => events.filter(({ event }) => event === name).length;

/** Counts honest HandOvers, each once. */
const words = ({ sent }: Run): number =>
  new Set(
    sent.flatMap(({ from, packet }) => packet.kind === "HandOver" ? [`${from} ${packet.signed.message.term}`] : []),
  )
    .size;

/** Asserts that no election failed: whoever suspected did so for a hand-over. */
function onlyHandOvers({ plan, events, stats }: Run): number {
  const others = events.filter(({ event, fields }) =>
    event === "suspect" && fields["leader"] !== null && fields["reason"] !== "hand-over"
  );
  assertEquals(others, [], `${plan.seed}`);
  const terms = new Set(events.flatMap(({ event, fields }) => event === "candidate" ? [fields["term"]] : []));
  assertEquals(terms.size, stats.elections, "there were elections without a leader");
  return stats.elections;
}

testScenario("hand-overs", {
  "hand-overs": [80, words],
  "leaders, each by a hand-over but the first": [80, onlyHandOvers],
}, [1, 2, 3, 4, 5]);

testScenario("rotation", {
  "hand-overs for terms of office": [12, words],
  "leaders, each by a hand-over but the first": [12, onlyHandOvers],
}, [1, 2, 3]);

testScenario("lost-hand-overs", {
  "words that nobody hears": [3, words],
  "hand-overs given up": [3, told("hand-over-failed")],
}, [1, 2, 3]);

testScenario("forgotten-term", {
  "disks lost": [6, ({ stats }) => stats.wipes],
  "honest answers below what was signed": [4, lowHonestAnswers],
  "faulty answers of 0": [
    4,
    ({ sent }) =>
      sent.filter(({ from, honest, packet }) =>
        !honest && packet.kind === "RollCallAnswer" && packet.signed.message.replica === from &&
        packet.signed.message.term === 0
      ).length,
  ],
});

testScenario("disk-lost-twice", {
  "disks lost": [18, ({ stats }) => stats.wipes],
  "learners back": [15, ({ stats }) => stats.rejoined],
}, [1, 2, 3, 4, 5, 6]);

/** Counts headers of faulty leaders whose last entry is not of their term; entries below the base they were elected on need not be. */
const backdated = ({ sent }: Run): number =>
  sent.filter(({ honest, packet }) => {
    if (honest || packet.kind !== "AppendEntries") return false;
    const last = packet.entries.at(-1);
    return last !== undefined && last.term < packet.signed.message.term;
  }).length;

testScenario("old-terms", {
  "entries of lower terms": [20, backdated],
  "suspicions for that": [
    5,
    ({ events }) => events.filter(({ fields }) => fields?.["reason"] === "entry-terms-decrease").length,
  ],
  "snapshots installed": [1, ({ stats }) => stats.transferred],
});

/** Counts snapshots installed with prepared entries above them kept aside. */
const branchesKept = ({ persisted }: Run): number =>
  persisted.filter((operations) => {
    const at = operations.findIndex(({ op }) => op === "restart-log");
    return at >= 0 && operations.slice(at).some((each) => each.op === "prepared" && each.branch.length > 0);
  }).length;

testScenario("branch-at-a-snapshot", {
  "branches kept when a snapshot is installed": [1, branchesKept],
  "snapshots installed": [6, ({ stats }) => stats.transferred],
}, [35, 77, 143, 150, 314, 383]);

/** Scenarios with so many requests that one seed at n = 7 takes as long as all others: `deno task sim --scenario NAME --replicas 7` runs them. */
const LONGEST = ["hand-overs", "rotation", "partial-showers", "censors"];

longTest("scenarios hold at n = 7 too", () => {
  const all = Object.keys(SCENARIOS);
  assert(LONGEST.every((scenario) => all.includes(scenario)));
  for (const scenario of all.filter((scenario) => !LONGEST.includes(scenario))) {
    assert(runScenario(scenario, 1, 7).stats.commits > 3, scenario);
  }
});

Deno.test("a scenario changes nothing of the plans drawn without it, and a seed of it is one plan", () => {
  const free = JSON.stringify(drawPlan(9));
  for (const scenario of Object.keys(SCENARIOS)) {
    const plan = JSON.stringify(drawPlan(9, { scenario }));
    assertEquals(JSON.stringify(drawPlan(9, { scenario })), plan);
    assert(plan !== free, scenario);
  }
  assertEquals(JSON.stringify(drawPlan(9)), free);
});
