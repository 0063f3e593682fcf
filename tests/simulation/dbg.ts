import { drawPlan } from "./plan/draw_plan.ts";
import { createCheckers } from "./checkers/mod.ts";
import { History } from "./checkers/history/history.ts";
import { createFakeCrypto, createUnsignedCrypto } from "./network/sim_crypto.ts";
import { fanOut } from "./fan_out.ts";
import { play } from "./phases.ts";
import { factsOf } from "./run.ts";
import { Simulation } from "./simulation.ts";
const [seed, n = "4", profile = "byzantine", from = "1e9", to = "1e9"] = Deno.args;
const plan = {
  ...drawPlan(Number(seed), { changes: true, replicas: Number(n), profile: profile as "crash" }),
  crypto: "fake",
} as ReturnType<typeof drawPlan>;
const c = plan.reconfiguration!;
console.log(
  JSON.stringify(c.changes),
  JSON.stringify(c.joiners.map((j) => j.id)),
  JSON.stringify(plan.byzantine),
  plan.safetyMs,
  JSON.stringify(plan.constants),
);
console.log(
  plan.faults.filter((f) => f.kind !== "network" && f.kind !== "pause").map((f) => JSON.stringify(f)).join("\n"),
);
const checkers = createCheckers(factsOf(plan), { clauses: true });
const history = new History();
let sim: Simulation;
const watch = {
  event: (at: string, e: any, now: number) => {
    if (now >= Number(from) && now <= Number(to)) console.log(now.toFixed(0), at, e.event, JSON.stringify(e.fields));
  },
  sent: (at: string, tos: any, p: any, _d: any, now: number) => {
    if (now >= Number(from) && now <= Number(to) && Deno.args[5] === "p") {
      console.log(
        now.toFixed(0),
        at,
        "->",
        tos.join(","),
        p.kind,
        p.epoch ?? "",
        JSON.stringify({ ...(p.signed?.message ?? {}), nonce: undefined }).slice(0, 160),
      );
    }
  },
};
sim = new Simulation({
  plan,
  crypto: profile === "crash" ? createUnsignedCrypto("fake") : createFakeCrypto(),
  observer: fanOut([watch as any, checkers]),
  history,
});
try {
  play(sim);
  checkers.finish();
  console.log("OK", history.check());
} catch (e) {
  console.log(String((e as Error).stack).slice(0, 1500));
}
console.log("now", sim.now, "newest", sim.epoch, sim.members.join(), JSON.stringify((sim as any).members));
for (const [id, node] of sim.nodes) {
  const s = node.state;
  console.log(
    id,
    sim.isHonest(id) ? "" : "LIAR",
    "up",
    node.up,
    "given",
    node.host?.given.epoch,
    "key",
    node.host?.key,
    "ret",
    node.host?.retired,
    "disk",
    node.disk.epoch,
    s
      ? `e${s.genesis.epoch} g${s.genesis.index} t${s.hard.currentTerm} lead ${s.view.leader} ${s.view.role} last ${
        s.log.entries.at(-1)?.entry.index
      } c${s.commitIndex} a${s.appliedIndex} ended ${
        s.ended !== null
      } rec ${s.hard.recovery?.bar} tr ${s.transfer?.target.stable.index} stable ${s.checkpoints.stableProof?.stable.index} shown ${
        s.shownEnd !== null
      }`
      : "",
    node.disk.refusing ?? "",
  );
}
for (const cl of sim.clients) console.log(cl.plan.id, cl.plan.process, cl.remaining, cl.underWay, cl.finished, cl.idle);
console.log((sim as any).stats);
