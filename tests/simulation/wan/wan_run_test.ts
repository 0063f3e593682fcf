/** Wide areas: what is simulated is what distance, links and processors make of a cluster. */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { DEFAULT_CONSTANTS } from "../../../crypto/roster/constants.ts";
import { MEASURED, NOTHING } from "./costs.ts";
import { fittingConstants, slowestLatencyMs } from "./fitting.ts";
import { type Geography, layOut, quorumRttMs, rankLeaderRegions } from "./geography.ts";
import { evenProfile, type Profile, PROFILES } from "./profiles.ts";
import type { Load } from "./wan_clients.ts";
import { runWan, type WanRun } from "./wan_run.ts";

const MBIT = 125;

const place = (profile: Profile, n: number): Geography => layOut(profile, n, rankLeaderRegions(profile, n)[0]!);

/** A run on a network of distance alone, with as little load as there can be. */
function idealRun(geography: Geography, load: Partial<Load>, changes: Partial<WanRun> = {}): WanRun {
  return {
    ...{ seed: 1, geography, constants: fittingConstants(geography), bytesPerMs: Infinity, jitter: 0, costs: NOTHING },
    ...{ warmUpMs: 2500, measuredMs: 2000, crash: null },
    load: { regions: geography.profile.regions, clients: 1, outstanding: 1, valueBytes: 200, ...load },
    ...changes,
  };
}

for (const profile of PROFILES) {
  Deno.test(`wan: in ${profile.name} a write takes what its distances make it take`, () => {
    for (const n of [4, profile.replicas + 3]) {
      const geography = place(profile, n);
      const { regions } = profile;
      for (const region of [regions[0]!, regions.at(-1)!]) {
        const { regions: [latency] } = runWan(idealRun(geography, { regions: [region] }));
        assertAlmostEquals(latency!.p50Ms!, latency!.expectedMs, 0.01, `n = ${n}, ${region}`);
        assert(latency!.writes > 2 && latency!.p99Ms! < latency!.expectedMs + 0.01, `n = ${n}, ${region}`);
      }
    }
  });
}

Deno.test("wan: equally far apart, a commit takes three ways, and an answer elsewhere two more", () => {
  const geography = place(evenProfile(200, 7), 7);
  const report = runWan(idealRun(geography, { regions: ["R2"] }));
  assertEquals([report.acksMs, report.reportsMs].map((ms) => Math.round(ms!)), [200, 100]);
  assertAlmostEquals(report.commitRoundTrips!, 1.5, 0.01);
  assertEquals([quorumRttMs(geography), slowestLatencyMs(geography)], [200, 500]);
});

Deno.test("wan: one seed is one run", () => {
  const geography = place(PROFILES[0]!, 4);
  const busy = { costs: MEASURED, jitter: 0.05, bytesPerMs: 50 * MBIT, warmUpMs: 1200, measuredMs: 500 };
  const [once, again, other] = [1, 1, 2].map((seed) => runWan(idealRun(geography, { clients: 4 }, { ...busy, seed })));
  assertEquals(once, again);
  assert(once!.writesPerSecond !== other!.writesPerSecond);
});

Deno.test("wan: with enough under way a long fat link is full, and the pipeline has grown for it", () => {
  const geography = place(evenProfile(200, 4), 4);
  const load = { clients: 2, outstanding: 48, valueBytes: 60_000 };
  const report = runWan(
    idealRun(geography, load, { bytesPerMs: 1000 * MBIT, costs: MEASURED, warmUpMs: 2600, measuredMs: 600 }),
  );
  assert(report.leaderLink! >= 0.8, `${report.leaderLink}`);
  assert(report.pipeline! > 16 && report.mostUncommitted.bytes < 32 * 2 ** 20, JSON.stringify(report));
  assertEquals([report.elections, report.interventions], [0, 0]);
});

Deno.test("wan: no timer fires while nothing fails, at 300 ms with constants that fit and, once answers came, with the default ones", () => {
  const geography = place(evenProfile(300, 4), 4);
  const load = { clients: 4 };
  for (const constants of [fittingConstants(geography), DEFAULT_CONSTANTS]) {
    const report = runWan(idealRun(geography, load, { constants, jitter: 0.01, costs: MEASURED, warmUpMs: 4000 }));
    const { elections, repairs, repeats, interventions, writesPerSecond } = report;
    assertEquals({ elections, repairs, interventions }, { elections: 0, repairs: 0, interventions: 0 });
    // Answers take longer than half of the default pace: each client shows its oldest command once a pace, and repeats nothing else (§14.7).
    const isDefault = constants === DEFAULT_CONSTANTS;
    const shows = geography.profile.regions.length * load.clients * (2000 / constants.paceMs);
    assert(repeats <= (isDefault ? shows : 0), `${repeats} repeats, wanted at most ${shows}`);
    assert(writesPerSecond > 15);
    assertEquals(
      report.repeatsAtFirst > 0,
      isDefault,
      "a quarter of a second is no answer's time",
    );
  }
});

Deno.test("wan: without the follower that is nearest, and without the leader, service goes on", () => {
  const geography = place(PROFILES[2]!, 7);
  const load = { clients: 2 };
  const follower = runWan(idealRun(geography, load, { crash: "follower", measuredMs: 4000 }));
  assertEquals([follower.elections, follower.interventions], [0, 0]);
  assert(follower.longestGapMs < 1000, `${follower.longestGapMs}`);
  const leader = runWan(idealRun(geography, load, { crash: "leader", measuredMs: 20_000 }));
  assert(leader.elections > 0 && leader.writesPerSecond > 0);
  assert(leader.longestGapMs > 2000 && leader.longestGapMs < 15_000, `${leader.longestGapMs}`);
});
