/** §5.4: which responses come too late to matter. */
import { assertEquals } from "@std/assert";
import type { Head } from "../../../protocol/entry.ts";
import { replicaId } from "../../../protocol/ids.ts";
import { isLateResponse } from "../../../replica/core/replication/late_response.ts";
import * as forge from "../support/forge.ts";
import { Lab } from "../support/lab.ts";

const CHAIN = forge.grow(forge.GENESIS, 4, 1);
const at = (index: number): Head => index === 0 ? forge.GENESIS : forge.headIn(CHAIN, index);
const ELSEWHERE = forge.endOf(forge.grow(at(2), 1, 1, "other"));

/** r2, which holds four entries: two are committed, the third is certified, the fourth only acked. */
function lab(): Lab {
  const lab = new Lab();
  lab.follow("r1", 1, CHAIN);
  lab.receive(...forge.reportsOf(["r1", "r3"], 1, at(2)), ...forge.acksOf(["r1", "r3"], 1, at(3)));
  assertEquals([lab.state.commitIndex, lab.state.prepared.index], [at(2).index, at(3).index]);
  return lab;
}

const isLate = ({ state }: Lab, termNumber: number, options: forge.ResponseOptions, replica = "r4"): boolean =>
  isLateResponse(state, forge.response(replica, termNumber, options).signed.message);

Deno.test("§5.4d an ack of what is committed, or certified in this term, is late; one of anything above is not", () => {
  const rows = [0, 1, 2, 3, 4].map((index) => isLate(lab(), 1, { acks: [at(index)] }));
  assertEquals(rows, [true, true, true, true, false]);
  assertEquals(isLate(lab(), 1, { acks: [at(2), at(3), at(4)] }), false);
});

Deno.test("§5.4d a report above the commit index is late only if its sender has made it before", () => {
  const report = (index: number) => ({ acks: [at(3)], prepared: forge.rankOf(1, at(index)) });
  assertEquals([2, 3].map((index) => isLate(lab(), 1, report(index))), [true, false]);
  const told = lab();
  told.receive(forge.response("r4", 1, report(3)));
  assertEquals(told.state.commitIndex, at(2).index);
  assertEquals([isLate(told, 1, report(3)), isLate(told, 1, report(3), "r3")], [true, false]);
});

Deno.test("§5.4d a response of another term, or with a higher commit index, is never late", () => {
  assertEquals([isLate(lab(), 1, { acks: [at(1)] }), isLate(lab(), 2, { acks: [at(1)] })], [true, false]);
  assertEquals([1, 2, 3].map((index) => isLate(lab(), 1, { commit: at(index) })), [true, true, false]);
});

Deno.test("§5.4d what is certified in an earlier term only is not late in this one, for it is acked anew", () => {
  const later = lab();
  later.follow("r3", 2, [], { base: forge.prepareCertificate(1, at(3), ["r1", "r2", "r3"]), prev: at(3) });
  assertEquals(later.state.hard.currentTerm, 2);
  assertEquals([2, 3].map((index) => isLate(later, 2, { acks: [at(index)] })), [true, false]);
});

Deno.test("§5.4d to a leader an ack is not late while it is sending its follower entries again", () => {
  const leader = new Lab();
  leader.lead(1);
  const progress = leader.state.leadership!.progress.get(replicaId("r4"))!;
  assertEquals(isLate(leader, 1, { acks: [forge.GENESIS] }), progress.next > leader.state.leadership!.broadcast);
  progress.next = leader.state.leadership!.broadcast;
  assertEquals(isLate(leader, 1, { acks: [forge.GENESIS] }), false);
});

Deno.test("§5.4f an ack that contradicts one of the same replica is never late, and is evidence", () => {
  const held = lab();
  held.receive(forge.response("r4", 1, { acks: [at(3)] }));
  assertEquals([isLate(held, 1, { acks: [at(3)] }), isLate(held, 1, { acks: [ELSEWHERE] })], [true, false]);
  const first = lab();
  first.receive(forge.response("r4", 1, { acks: [ELSEWHERE] }));
  assertEquals(isLate(first, 1, { acks: [at(3)] }), false);
  first.receive(forge.response("r4", 1, { acks: [at(3)] }));
  assertEquals(first.state.evidence.map(({ kind, culprit }) => [kind, culprit]), [["double-ack", "r4"]]);
});
