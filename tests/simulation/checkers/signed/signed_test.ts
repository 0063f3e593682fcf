/** I1, I3, I4 and I5, as far as they follow from what honest replicas signed. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { replicaId, term } from "../../../../protocol/ids.ts";
import {
  CLUSTER,
  endOf,
  entryAfter,
  GENESIS,
  grow,
  headIn,
  prepareCertificate,
  rankOf,
  request,
} from "../../../clauses/support/forge.ts";
import { CheckerLab, fires, THREE } from "../checker_lab.ts";
import { ChainTree } from "../durable/chain_tree.ts";
import { Roster } from "../roster.ts";
import { AckBook } from "./ack_book.ts";

const CHAIN = grow(GENESIS, 3, 1);
const MORE = grow(endOf(CHAIN), 2, 2);
const FORK = grow(GENESIS, 3, 1, "fork");

/** Returns a checkerLab on which every request of these tests is signed by its client. */
function checkerLab(options: ConstructorParameters<typeof CheckerLab>[0] = {}): CheckerLab {
  const fresh = new CheckerLab(options);
  for (const number of [1, 2, 3, 4, 5]) {
    for (const value of ["main", "fork"]) fresh.checkers.requested(request(number, value), 0);
  }
  return fresh;
}

Deno.test("two terms that settle one after the other violate nothing", () => {
  const lab = checkerLab();
  lab.settle(1, "r1", CHAIN);
  lab.settle(2, "r2", MORE);
  lab.checkers.finish();
  const { entries, elections, certificates, committed } = lab.checkers.counts;
  assertEquals({ entries, elections, certificates, committed }, {
    entries: 5,
    elections: 2,
    certificates: 2,
    committed: 5,
  });
});

Deno.test("I1: votes that would elect two leaders together with a faulty voter; two votes alone do not", () => {
  const lab = checkerLab({ byzantine: ["r4"] });
  lab.vote("r1", 1, "r1");
  lab.vote("r2", 1, "r2");
  const elected = () => lab.checkers.counts.elections;
  assertEquals(elected(), 0);
  lab.vote("r3", 1, "r1");
  assertEquals(elected(), 1);
  fires("I1", () => {
    const loose = checkerLab({ byzantine: ["r4"], clauses: false });
    for (const voter of THREE) loose.vote(voter, 1, "r1");
    for (const voter of ["r2", "r3"]) loose.vote(voter, 1, "r2");
  });
});

Deno.test("I3: two chains acked by quorums in one term; a fork without a quorum is none", () => {
  const roster = new Roster({
    replicas: ["r1", "r2", "r3", "r4"].map(replicaId),
    byzantine: new Set(),
    profile: "byzantine",
  });
  const tree = new ChainTree(CLUSTER);
  assert(tree.learnLog(CHAIN) && tree.learnLog(FORK));
  const book = new AckBook(roster);
  const [main, fork, low] = [endOf(CHAIN), endOf(FORK), headIn(CHAIN, 2)].map((head) => tree.get(head)!);
  for (const replica of THREE) for (const node of [main!, low!]) book.add(replicaId(replica), term(1), node);
  for (const replica of ["r1", "r2"]) book.add(replicaId(replica), term(1), fork!);
  assertEquals(book.certificates, 2);
  fires("I3", () => book.add(replicaId("r4"), term(1), fork!));
});

Deno.test("I4: a leader whose base leaves out what a lower term committed", () => {
  const lab = checkerLab({ clauses: false });
  lab.settle(1, "r1", CHAIN);
  lab.vote("r1", 2, "r2");
  lab.vote("r2", 2, "r2");
  fires("I4", () => lab.vote("r3", 2, "r2"));
});

Deno.test("I4 when the report that commits becomes visible after the election", () => {
  // r3's signature is forced: its disk forgets the vote, as no honest one does.
  const lab = checkerLab({ clauses: false, replicas: 7 });
  const five = ["r1", "r2", "r3", "r4", "r5"];
  lab.elect(1, "r1", five);
  lab.spread(1, CHAIN, five);
  for (const at of ["r1", "r2", "r3", "r4"]) lab.report(at, 1, endOf(CHAIN));
  for (const voter of ["r2", "r3", "r4", "r6", "r7"]) lab.vote(voter, 2, "r6");
  fires("I4", () => lab.report("r5", 1, endOf(CHAIN)));
});

Deno.test("I5: what one replica commits and what a quorum reported lie on one chain", () => {
  const lab = checkerLab({ clauses: false });
  lab.settle(1, "r1", CHAIN);
  lab.append("r4", FORK);
  fires("I5", () => lab.commit("r4", 1, endOf(FORK)));
  const twin = checkerLab();
  twin.settle(1, "r1", CHAIN);
  twin.follow("r4", 1);
  twin.append("r4", CHAIN);
  twin.commit("r4", 1, headIn(CHAIN, 2));
});

Deno.test("I5: nothing committed is removed", () => {
  const lab = checkerLab();
  lab.settle(1, "r1", CHAIN);
  fires("I5", () => lab.persist("r2", { op: "truncate", after: headIn(CHAIN, 2).index }));
  const twin = checkerLab();
  twin.elect(1, "r1");
  twin.append("r2", CHAIN);
  twin.persist("r2", { op: "truncate", after: headIn(CHAIN, 2).index });
});

Deno.test("§5.6: reports of two terms, or of too few, commit nothing", () => {
  const lab = checkerLab();
  lab.elect(1, "r1");
  lab.spread(1, CHAIN);
  for (const at of ["r1", "r2"]) lab.report(at, 1, endOf(CHAIN));
  fires("§5.6", () => lab.commit("r1", 1, endOf(CHAIN)));
  const twin = checkerLab({ byzantine: ["r4"] });
  twin.elect(1, "r1");
  twin.spread(1, CHAIN);
  for (const at of ["r1", "r2"]) twin.report(at, 1, endOf(CHAIN));
  twin.commit("r1", 1, endOf(CHAIN)); // the faulty one may have reported too
});

Deno.test("§5.5: a certificate that no quorum can have signed", () => {
  const lab = checkerLab();
  lab.elect(1, "r1");
  lab.spread(1, CHAIN, ["r1", "r2"]);
  const certificate = prepareCertificate(1, endOf(CHAIN), ["r1", "r2"]);
  fires("§5.5", () => lab.persist("r1", { op: "prepared", certificate, branch: [] }));
});

Deno.test("§6.5: a vote for a base nobody certified, or one below the voter's own rank", () => {
  const lab = checkerLab();
  lab.append("r2", CHAIN);
  fires("§6.5", () => lab.vote("r2", 2, "r1", rankOf(1, endOf(CHAIN))));
  const lower = checkerLab();
  lower.settle(1, "r1", CHAIN);
  fires("§6.5", () => lower.vote("r2", 2, "r1"));
});

Deno.test("more than f faulty replicas are refused", () => {
  assertThrows(() => new CheckerLab({ byzantine: ["r1", "r2"] }), RangeError);
});

Deno.test("§3.1: a chain is committed along which terms decrease", () => {
  const lab = checkerLab();
  const first = grow(GENESIS, 1, 2);
  const older = [entryAfter(endOf(first), 1, [])];
  lab.settle(2, "r1", first);
  for (const at of THREE) lab.disk(at).write({ op: "restart-log", base: endOf(first) });
  fires("§3.1", () => lab.settle(3, "r2", older));
});
