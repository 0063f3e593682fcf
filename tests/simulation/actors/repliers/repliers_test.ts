import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { sha256Hex } from "../../../../crypto/digest.ts";
import { firstGenesis } from "../../../../protocol/hash_chain.ts";
import { clientId, logIndex } from "../../../../protocol/ids.ts";
import { quorumOf } from "../../../../protocol/quorum.ts";
import { fastRead } from "../../../../replica/answers/queries.ts";
import type { ClientReply, SessionAnswer } from "../../../../replica/core/output.ts";
import { encodeKvCommand } from "../../../../state_machine/mod.ts";
import { NO_CHANGES } from "../../../support/executors.ts";
import { History } from "../../checkers/history/history.ts";
import { createFakeCrypto } from "../../network/sim_crypto.ts";
import type { Observer } from "../../observer.ts";
import { drawPlan } from "../../plan/draw_plan.ts";
import { Rng } from "../../plan/rng.ts";
import { CLUSTER, Simulation } from "../../simulation.ts";
import type { FaultyReplica } from "../actor.ts";
import { AdversaryView } from "../support/adversary_view.ts";
import { Archive } from "../support/archive.ts";
import { runActor } from "../support/attack_lab.ts";
import { STREAM } from "../support/colluders.ts";
import { REPLIERS } from "./repliers.ts";

/** Returns a run of fast reads at `atMs`, and an early replier in it whose answers go to a list. */
function earlyReplierAt(seed: number) {
  const drawn = drawPlan(seed, { actors: ["early-replier"] });
  const plan = { ...drawn, crypto: "fake" as const, constants: { ...drawn.constants, fastReads: true } };
  const archive = new Archive(firstGenesis(sha256Hex, CLUSTER));
  const observer: Observer = { persisted: (_, operations, disk) => archive.persisted(operations, disk) };
  const simulation = new Simulation({ plan, crypto: createFakeCrypto(), observer, history: new History() });
  const answered: ClientReply[] = [];
  const [self] = plan.byzantine.map(({ replica }) => replica);
  const honest = plan.replicas.filter((id) => id !== self);
  const state = simulation.node(self!).state!;
  const faultyReplica: FaultyReplica = {
    ...{ config: state.config, hash: sha256Hex, state },
    colluders: {
      ...{
        members: [self!],
        honest,
        rng: new Rng(seed, STREAM),
        adversaryView: new AdversaryView(quorumOf(4).quorum),
        archive,
      },
      now: () => simulation.now,
      earlier: () => [],
      ends: () => [],
      sign: () => {
        throw new Error("a replier signs nothing for peers");
      },
      send: () => {},
      later: () => {},
      reply: (_, reply) => void answered.push(reply),
      peek: (id) => simulation.node(id).state,
    },
  };
  return { simulation, honest, answered, actor: REPLIERS["early-replier"]!(faultyReplica) };
}

Deno.test("§12 a replica confirms requests before they are committed, with the very result they get when they are", () => {
  let early = 0;
  let right = 0;
  for (const seed of [1, 2, 3, 4]) {
    const { simulation, honest, answered, actor } = earlyReplierAt(seed);
    for (let slice = 0; slice < 2_000; slice++) {
      const before = answered.length;
      actor.corrupt!([], simulation.now);
      const applied = Math.max(...honest.map((id) => simulation.node(id).state?.appliedIndex ?? 0));
      early += answered.slice(before).flatMap(({ answers }) => answers).filter(({ index }) => index > applied).length;
      simulation.scheduler.elapse(4);
    }
    const { clients } = honest.map((id) => simulation.node(id).state).find((state) => state !== null)!.sessions;
    const kept = [...clients.values()].flatMap(({ live }) =>
      [...live.values()].flatMap((one) => [...one.answers.values()])
    );
    for (const answer of answered.flatMap(({ answers }) => answers)) {
      const real = kept.find(({ digest, index }) => digest === answer.request && index === answer.index);
      if (real === undefined || answer.outcome !== "applied") continue;
      assertEquals(answer.result, real.result);
      right++;
    }
  }
  assert(early >= 20, `wanted at least 20 answers before their commit, got ${early}`);
  assert(right >= 5, `wanted at least 5 of the answers to have come true and still be known, got ${right}`);
});

Deno.test("§12 a replica answers fast reads with the old value that lagging honest replicas still give", () => {
  let stale = 0;
  const query = encodeKvCommand({ op: "list", prefix: "", after: "", limit: 10 });
  for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
    const { simulation, honest, actor } = earlyReplierAt(seed);
    for (let slice = 0; slice < 1_500; slice++) {
      simulation.scheduler.elapse(4);
      const nodes = honest.map((id) => simulation.node(id)).filter(({ state }) => state !== null);
      const answers = nodes.map((node) =>
        fastRead(node.state!, { machine: node.machine, changes: NO_CHANGES }, clientId("c1"), query)
      )
        .filter(({ ok }) => ok);
      const indexes = new Set(nodes.map(({ state }) => state!.appliedIndex));
      if (answers.length < 3 || indexes.size < 2) continue;
      const given = actor.reads!({ ok: true, payload: new Uint8Array(0) }, query).payload.join();
      const same = answers.filter(({ payload }) => payload.join() === given).length;
      if (same > 0 && same < answers.length) stale++;
    }
  }
  assert(stale >= 20, `wanted at least 20 answers as some honest replicas give them and others no more, got ${stale}`);
});

Deno.test("§12 a client trusting one reply: every answer of a false replier is another than the honest one", () => {
  const actor = REPLIERS["false-replier"]!({} as FaultyReplica);
  const honest: readonly SessionAnswer[] = Array.from({ length: 30 }, (_, n) => ({
    ...{ request: sha256Hex(Uint8Array.of(n)), index: logIndex(7), outcome: "applied" as const },
    session: logIndex(1),
    result: Uint8Array.of(1, 1, n),
  }));
  const told = actor.answers!({ client: "c1" as ClientReply["client"], answers: honest }).flatMap(({ answers }) =>
    answers
  );
  assertEquals(told.length, honest.length);
  told.forEach((answer, i) => assertNotEquals(answer, honest[i]));
  for (const seed of [1, 2, 3]) runActor("false-replier", seed);
});

Deno.test("§12 a client trusting one reply: runs with an early replier pass", () => {
  for (const seed of [1, 2, 3]) runActor("early-replier", seed);
});
