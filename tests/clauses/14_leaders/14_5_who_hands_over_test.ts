import { assert, assertEquals } from "@std/assert";
import { lastHead } from "../../../replica/core/log/log.ts";
import { mayStop } from "../../../replica/core/offices/leaving.ts";
import { CONSTANTS, SimCluster } from "../../simulation/nodes/sim_cluster.ts";
import { ElectionLab } from "../support/election_lab.ts";
import { requestVote } from "../support/forge.ts";

const { electionTimeoutMs: T, heartbeatMs } = CONSTANTS;
const ALL = ["r2", "r3", "r4"];

const stops = (lab: ElectionLab): boolean => mayStop(lab.state, lab.now);

const leave = (lab: ElectionLab) => lab.run([{ kind: "leave", reason: "stop" }]);

Deno.test("§14.5a a leader stops two heartbeats after it knows the next leader, or after an election timeout", () => {
  const lab = new ElectionLab();
  lab.lead(1);
  assert(!stops(lab), "nobody told it to");
  leave(lab);
  lab.commit(lastHead(lab.state.log));
  const { prepared } = lab.state;
  lab.feed(requestVote("r2", 2, ALL, prepared));
  assert(lab.wait(T / 2, () => lab.state.hard.currentTerm === 2));
  assert(!stops(lab), "the next leader is not known");
  lab.follow("r2", 2, [], { base: prepared, prev: lastHead(lab.state.log) });
  lab.elapse(2 * heartbeatMs - 10);
  assert(!stops(lab));
  lab.elapse(10);
  assert(stops(lab));

  const alone = new ElectionLab();
  alone.lead(1);
  leave(alone);
  alone.elapse(T - 10);
  assert(!stops(alone));
  alone.elapse(10);
  assert(stops(alone));
});

Deno.test("§14.5 whoever does not lead stops at once", () => {
  const lab = new ElectionLab();
  lab.follow("r2", 1);
  leave(lab);
  assert(stops(lab));
});

Deno.test("§14.5 a cluster whose leader leaves has the successor it named in a fraction of an election timeout", () => {
  for (const replicas of [4, 7]) {
    const cluster = new SimCluster({ replicas });
    const leaderOf = (): string | undefined => cluster.ids.find((id) => cluster.node(id).state?.view.role === "leader");
    assert(cluster.elapse(60_000, () => leaderOf() !== undefined));
    cluster.elapse(500);
    for (let turn = 0; turn < 2 * replicas; turn++) {
      const before = leaderOf()!;
      cluster.node(before).run([{ kind: "leave", reason: "stop" }]);
      const at = cluster.now;
      const next = cluster.ids[(cluster.ids.indexOf(cluster.node(before).state!.config.self) + 1) % replicas]!;
      assert(cluster.elapse(T, () => cluster.node(next).state!.view.role === "leader"), `${next} after ${before}`);
      assert(cluster.now - at < T / 4, `it took ${cluster.now - at} ms`);
      assert(cluster.elapse(T / 2, () => mayStop(cluster.node(before).state!, cluster.now)), "it may not stop");
      cluster.node(before).run([{ kind: "leave", reason: null }]);
      cluster.elapse(3 * T);
      assertEquals(leaderOf(), next, "the office is kept");
    }
  }
});

Deno.test("§14.5 the only replica stops at once", () => {
  const lab = new ElectionLab({ replicas: 1 });
  lab.until(() => lab.state.view.role === "leader");
  leave(lab);
  assert(stops(lab));
});
