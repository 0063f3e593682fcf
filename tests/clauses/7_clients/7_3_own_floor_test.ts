/** §7.3: a client is bound to its highest floor by a request that is held, and so will settle all below it. */
import { assert, assertEquals } from "@std/assert";
import { ElectionLab } from "../support/election_lab.ts";
import { endOf, request } from "../support/forge.ts";

/** Returns the seqs in the log, in order. */
const ordered = (lab: ElectionLab): number[] =>
  lab.state.log.entries.flatMap(({ entry }) => (entry.requests ?? []).map(({ message }) => message.seq));

/** Passes in a request forwarded by another replica. */
const forwarded = (lab: ElectionLab, number: number, floor: number): string =>
  lab.feed({ kind: "ForwardedRequest", signed: request(number, "", "c1", floor) });

Deno.test("§7.3c a floor heard before it led, in a request it did not keep, does not make a leader refuse the client", () => {
  const lab = new ElectionLab();
  lab.follow("r2", 1);
  forwarded(lab, 100, 100); // a Byzantine replica passes it on to whom it concerns nothing
  lab.restart();
  lab.request(request(100, "", "c1", 100), false); // while no leader is known to pass it on to
  lab.lead(2);
  assertEquals(forwarded(lab, 5, 0), "accept");
  assertEquals(ordered(lab), [5]);
});

Deno.test("§7.3c a floor in a request a deposed leader had no time to order does not bind in its next term", () => {
  const lab = new ElectionLab();
  lab.lead(1);
  for (let i = 0; i < 4; i++) forwarded(lab, i, 0); // the pipeline is busy, so requests gather
  forwarded(lab, 100, 100);
  lab.follow("r2", 2);
  lab.lead(3);
  forwarded(lab, 5, 0);
  lab.commit(endOf(lab.state.log.entries));
  assert(ordered(lab).includes(5));
});

Deno.test("§7.3c one seq signed with two floors: the leader is bound by the one it orders", () => {
  const lab = new ElectionLab();
  lab.lead(1);
  assertEquals([forwarded(lab, 10, 0), forwarded(lab, 10, 10)], ["accept", "accept"]);
  forwarded(lab, 5, 0);
  assertEquals(ordered(lab), [10, 5]);
});

Deno.test("§7.3 a request below the floor of one the leader holds is refused: it is settled as soon as that one is", () => {
  const lab = new ElectionLab();
  lab.lead(1);
  for (let i = 0; i < 4; i++) forwarded(lab, i, 0);
  forwarded(lab, 8, 0);
  forwarded(lab, 20, 10);
  assertEquals(forwarded(lab, 9, 0), "below-own-floor");
  for (const head = () => endOf(lab.state.log.entries); lab.state.commitIndex < head().index;) lab.commit(head());
  assertEquals(ordered(lab), [0, 1, 2, 20]); // 3 and 8 fell out, and are settled all the same
  assertEquals(lab.request(request(8)), "settled");
});
