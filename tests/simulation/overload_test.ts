/** More load than disks can take: the leader stays, throughput holds, and what waits waits for a bounded time (§7.3k). */
import { assert, assertEquals } from "@std/assert";
import { sha256Hex } from "../../crypto/digest.ts";
import type { Digest, Millis } from "../../protocol/ids.ts";
import { drawPlan } from "./plan/draw_plan.ts";
import type { ClientPlan, Plan } from "./plan/plan.ts";
import { createPlanRunner } from "./search/seed_runner.ts";

const run = await createPlanRunner();

/** Operations a second that a disk takes. */
const CAPACITY = 500;
const CLIENTS = 8;
const PATIENCE_MS = 2000;

/** Returns a plan without faults, in which each client has as many operations under way as it is given. */
function loaded(seed: number, concurrency: number): Plan {
  const drawn = drawPlan(seed);
  const client: ClientPlan = {
    ...{ ...drawn.clients[0]!, behaviour: "honest", intervenes: true, restarts: 0, process: 0, clockMs: 0 },
    ...{ operations: 1e6, afterwards: 1, concurrency, thinkMs: 0, maxGroup: 1 },
    ...{ keys: 500, reads: 0.2, cas: 0, deletes: 0 },
  };
  return {
    ...{ ...drawn, byzantine: [], faults: [], crypto: "fake", quiet: false, down: [], restMs: 0, mayExceed: false },
    clients: Array.from({ length: CLIENTS }, (_, i) => ({ ...client, id: `c${i + 1}` })),
    constants: {
      ...{ ...drawn.constants, electionTimeoutMs: 1000, heartbeatMs: 100, patienceMs: PATIENCE_MS },
      ...{ sessionWindow: 128, fastReads: false },
    },
    ...{ clocks: drawn.replicas.map(() => 1), latencyMs: [1, 2], batchMs: 1, writeMs: 1000 / CAPACITY },
    ...{ safetyMs: 8000, serviceMs: 0 },
  };
}

/** Runs a plan, and returns besides what it counts how long requests took from their signing, the median and 99 of 100. */
function measured(plan: Plan) {
  const signedAt = new Map<Digest, Millis>();
  const took: number[] = [];
  const observer = {
    requested: (...[{ body }, now]: [{ readonly body: Uint8Array }, Millis]) => void signedAt.set(sha256Hex(body), now),
    accepted: (...[, { request }, now]: [string, { readonly request: Digest }, Millis]) =>
      void took.push(now - signedAt.get(request)!),
  };
  const { violation, stats, endedAt } = run(plan, { observer });
  assertEquals(violation, null);
  took.sort((a, b) => a - b);
  const [median, p99] = [0.5, 0.99].map((part) => took[Math.floor(part * (took.length - 1))]!);
  return { ...stats, median: median!, p99: p99!, perSecond: 1000 * stats.operations / endedAt };
}

for (const seed of [1, 2]) {
  Deno.test(`§7.3k offered more than twice what disks take: one leader, the same throughput, answers in bounded time (seed ${seed})`, () => {
    const full = measured(loaded(seed, 16));
    const over = measured(loaded(seed, 64));
    assertEquals([full.elections, over.elections], [1, 1]);
    assert(over.busy > 50, `${over.busy} requests turned away`);
    assert(over.perSecond > 0.9 * full.perSecond, `${over.perSecond} operations a second, ${full.perSecond} before`);
    // Twice as long without the answers: all that clients may have under way waits in turn.
    assert(over.median < PATIENCE_MS / 3, `half of the requests took ${over.median} ms`);
    assert(over.p99 < PATIENCE_MS, `one of a hundred took ${over.p99} ms`);
  });
}
