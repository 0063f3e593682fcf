/** Each scenario of slow leaders comes about, and they are gone in time; honest ones are left in peace (§14.8). */
import { assert, assertEquals } from "@std/assert";
import { sha256Hex } from "../../../crypto/digest.ts";
import type { Digest, Millis } from "../../../protocol/ids.ts";
import { longTest } from "../../support/long_tests.ts";
import { createFakeCrypto } from "../network/sim_crypto.ts";
import { drawPlan } from "../plan/draw_plan.ts";
import type { Plan } from "../plan/plan.ts";
import { runPlan } from "../run.ts";

/** A run that passed, as honest replicas noted it in their logs. */
interface Noted {
  readonly plan: Plan;
  /** Number of leaders proved until the network healed. */
  readonly leaders: number;
  /** Time of the first and last office of a faulty leader, and the reasons for which honest replicas suspected one. */
  readonly faultyUntil: Millis;
  readonly reasons: ReadonlySet<string>;
  readonly eased: number;
}

function noted(scenario: string, seed: number): Noted {
  const plan = { ...drawPlan(seed, { scenario }), crypto: "fake" } as const;
  const faulty = new Set<string>(plan.byzantine.map(({ replica }) => replica));
  const [terms, reasons] = [new Set<unknown>(), new Set<string>()];
  const leaderAt = new Map<string, string>();
  let [faultyUntil, eased] = [0, 0];
  const { violation } = runPlan(plan, createFakeCrypto(), {
    observer: {
      event(at, { event, fields }, now) {
        if (faulty.has(at) || now > plan.safetyMs) return;
        if (event === "suspect" && faulty.has(String(fields["leader"]))) reasons.add(String(fields["reason"]));
        if (event === "pace" && Number(fields["to"]) > Number(fields["from"])) eased++;
        if (event !== "leader") return;
        if (faulty.has(leaderAt.get(at) ?? "")) faultyUntil = now;
        leaderAt.set(at, String(fields["leader"]));
        terms.add(fields["term"]);
      },
    },
  });
  assertEquals(violation, null, `${scenario}, seed ${seed}`);
  return { plan, leaders: terms.size, faultyUntil, reasons, eased };
}

for (const scenario of ["slow-leaders", "censors", "partial-showers", "uneven-clocks"]) {
  Deno.test(`scenario ${scenario}: a faulty replica leads first, and is deposed for its pace alone`, () => {
    for (const seed of [1, 2]) {
      const { plan, leaders, faultyUntil, reasons } = noted(scenario, seed);
      assertEquals([leaders, [...reasons].filter((reason) => reason !== "left-behind")], [2, ["pace"]]);
      assert(faultyUntil > 0 && faultyUntil < plan.honestFromMs!);
    }
  });
}

/** Returns the longest wait of an honest client for one of its commands, and the election timeout. */
function longestWait(scenario: string, seed: number): readonly [waitMs: Millis, timeoutMs: Millis] {
  const plan = { ...drawPlan(seed, { scenario }), crypto: "fake" } as const;
  const honest = new Set(plan.clients.filter(({ behaviour }) => behaviour === "honest").map(({ id }) => id));
  const begun = new Map<Digest, Millis>();
  let longest = 0;
  const { violation } = runPlan(plan, createFakeCrypto(), {
    observer: {
      requested({ message, body }, now) {
        const digest = sha256Hex(body);
        if (message.kind === "SendRequest" && honest.has(message.client) && !begun.has(digest)) begun.set(digest, now);
      },
      accepted: (_client, { request }, now) => void (longest = Math.max(longest, now - (begun.get(request) ?? now))),
    },
  });
  assertEquals(violation, null, `${scenario}, seed ${seed}`);
  return [longest, plan.constants.electionTimeoutMs];
}

Deno.test("scenario censors: who is left out for a colluding client is served within a few election timeouts", () => {
  const waits = [1, 2, 3, 4].map((seed) => longestWait("censors", seed));
  const timeouts = Math.max(...waits.map(([waitMs, timeoutMs]) => waitMs / timeoutMs));
  console.log(`longest waits ${waits.map(([ms, of]) => `${Math.round(ms)} ms at T = ${of}`).join(", ")}`);
  assert(timeouts > 1 && timeouts < 8, `${timeouts}`);
});

Deno.test("scenario floor-leaders: a leader just quick enough stays, and its clients are served", () => {
  for (const seed of [1, 2]) {
    const { leaders, reasons } = noted("floor-leaders", seed);
    assertEquals([leaders, reasons.size], [1, 0]);
  }
});

Deno.test("scenario long-links: leaders change until the pace is what can be had", () => {
  const runs = [1, 2].map((seed) => noted("long-links", seed));
  assert(runs.every(({ leaders, eased }) => leaders > 1 && eased > 0));
});

longTest("scenarios framers and framing-crowds: no honest leader is called slow", () => {
  for (const [scenario, seed] of [["framers", 1], ["framing-crowds", 1]] as const) {
    assertEquals(noted(scenario, seed).leaders, 1);
  }
});
