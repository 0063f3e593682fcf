import { assert, assertEquals } from "@std/assert";
import { replicaId } from "../../../protocol/ids.ts";
import { lastHead, lastIndex } from "../../../replica/core/log/log.ts";
import type { LeaveReason } from "../../../replica/core/offices/office_state.ts";
import { CONSTANTS } from "../../simulation/nodes/sim_cluster.ts";
import { ElectionLab } from "../support/election_lab.ts";
import { reportsOf, request } from "../support/forge.ts";

const { electionTimeoutMs: T, heartbeatMs } = CONSTANTS;

/** Returns a leader of term 1, r1, whose no-op is not committed yet. */
function leader(): ElectionLab {
  const lab = new ElectionLab();
  lab.lead(1);
  lab.take("HandOver");
  return lab;
}

const leave = (lab: ElectionLab, reason: LeaveReason | null = "stop") => lab.run([{ kind: "leave", reason }]);

/** Has everyone report what `lab` proposed last, so that it is committed. */
const commitAll = (lab: ElectionLab): void => lab.commit(lastHead(lab.state.log));

const successors = (lab: ElectionLab): string[] =>
  lab.take("HandOver").map(({ packet }) => packet.signed.message.successor);

Deno.test("§14.2a a leader that hands over proposes nothing, queues requests and goes on with its heartbeats", () => {
  const lab = leader();
  leave(lab);
  const last = lastIndex(lab.state.log);
  assertEquals(lab.request(request(1), false), "accept");
  lab.elapse(2 * heartbeatMs);
  assertEquals(lastIndex(lab.state.log), last);
  assertEquals(lab.state.requests.pool.size, 1);
  assert(lab.take("AppendEntries").length > 0);
  commitAll(lab);
  assertEquals(lastIndex(lab.state.log), last);
});

Deno.test("§14.2b it signs once its last entry is committed and another replica has reported it prepared", () => {
  const lab = leader();
  const tip = lastHead(lab.state.log);
  leave(lab);
  lab.prepare(tip);
  lab.elapse(50);
  assertEquals(lab.take("HandOver"), []);
  lab.feed(...reportsOf(["r3", "r4"], 1, tip));
  const [word] = lab.take("HandOver");
  const { term, leader: signer, successor, index, hash } = word!.packet.signed.message;
  assertEquals([term, signer, index, hash].join(), [1, "r1", tip.index, tip.hash].join());
  assertEquals(successor, "r3", "r2 comes first in the roster, and did not report the tip");
  assertEquals(word!.to, "all");
});

Deno.test("§14.2c it names the first behind it in the roster without evidence against it that is not too slow", () => {
  const lab = leader();
  leave(lab);
  commitAll(lab);
  assertEquals(successors(lab), ["r2"]);

  const slow = leader();
  slow.state.offices.tooSlow.add(replicaId("r2"));
  leave(slow);
  commitAll(slow);
  assertEquals(successors(slow), ["r3"]);

  const accused = leader();
  const culprit = { kind: "double-vote", culprit: replicaId("r2") } as typeof accused.state.evidence[number];
  accused.state.evidence.push(culprit);
  leave(accused);
  commitAll(accused);
  assertEquals(successors(accused), ["r3"]);
});

Deno.test("§14.2d the HandOver is repeated every heartbeat, always the same", () => {
  const lab = leader();
  leave(lab);
  commitAll(lab);
  lab.elapse(5 * heartbeatMs);
  const words = lab.take("HandOver");
  assert(words.length >= 5 && words.length <= 6, `${words.length} in five heartbeats`);
  assertEquals(new Set(words.map(({ packet }) => JSON.stringify(packet.signed.message))).size, 1);

  lab.state.offices.tooSlow.add(replicaId("r2")); // another successor would be named now
  lab.elapse(2 * T);
  assertEquals(new Set(successors(lab)), new Set(["r2"]));
});

Deno.test("§14.2e with nothing signed after half an election timeout it proposes again, and tries again after a whole one", () => {
  const lab = leader();
  leave(lab);
  lab.request(request(1), false);
  const last = lastIndex(lab.state.log);
  lab.elapse(T / 2 - 20);
  assertEquals(lastIndex(lab.state.log), last);
  lab.elapse(40);
  assertEquals(lastIndex(lab.state.log), last + 1);
  commitAll(lab);
  assertEquals(lab.take("HandOver"), []);
  assert(lab.wait(T + 20, () => lab.state.leadership!.handing?.signed != null), "it did not try again");
});

Deno.test("§14.2f an election timeout after it signed it proposes again, still leading", () => {
  const lab = leader();
  leave(lab);
  commitAll(lab);
  lab.request(request(1), false);
  const last = lastIndex(lab.state.log);
  lab.elapse(T - 20);
  assertEquals(lastIndex(lab.state.log), last);
  lab.elapse(40);
  assertEquals(lastIndex(lab.state.log), last + 1);
});

Deno.test("§14.2g nothing of a hand-over is left in a later term that the same replica leads", () => {
  const lab = leader();
  leave(lab);
  commitAll(lab);
  leave(lab, null);
  assert(lab.state.view.handOver !== null);
  lab.lead(3);
  assertEquals(lab.state.view.role, "leader");
  assertEquals(lab.state.leadership!.handing, null);
  assertEquals(lab.state.view.handOver, null);
  commitAll(lab);
  const last = lastIndex(lab.state.log);
  lab.request(request(1), false);
  assertEquals(lastIndex(lab.state.log), last + 1);
});
