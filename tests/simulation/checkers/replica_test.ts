/** Tests what each honest replica may sign and hold: I2, I8–I10, §4.3, §5.1, §5.3, §6.5–§6.8, evidence, failures. */
import { assertEquals } from "@std/assert";
import type { Evidence } from "../../../protocol/evidence.ts";
import { logIndex, type ReplicaId, replicaId, term } from "../../../protocol/ids.ts";
import { InvariantError } from "../../../protocol/invariant.ts";
import { GuardError, StorageError } from "../../../replica/storage/port.ts";
import {
  appendEntries,
  commitCertificate,
  endOf,
  entryAfter,
  GENESIS,
  grow,
  headIn,
  prepareCertificate,
  rankOf,
  request,
  requestVote,
  response,
  signAs,
  vote,
} from "../../clauses/support/forge.ts";
import { CheckerLab, EMPTY_BASE, fires, THREE } from "./checker_lab.ts";

const CHAIN = grow(GENESIS, 3, 1);
const FORK = grow(GENESIS, 3, 1, "fork");
const MORE = grow(endOf(CHAIN), 2, 1);

function checkerLab(options: ConstructorParameters<typeof CheckerLab>[0] = {}): CheckerLab {
  const fresh = new CheckerLab(options);
  for (const number of [1, 2, 3, 4, 5]) {
    for (const value of ["main", "fork"]) fresh.checkers.requested(request(number, value), 0);
  }
  return fresh;
}

/** Returns a checkerLab on which r1 leads term 1. */
function led(options: ConstructorParameters<typeof CheckerLab>[0] = {}): CheckerLab {
  const lab = checkerLab(options);
  lab.elect(1, "r1");
  return lab;
}

Deno.test("I2: acks of one term on two chains, over a restart too", () => {
  const lab = led();
  lab.append("r2", CHAIN);
  lab.ack("r2", 1, CHAIN);
  lab.append("r2", MORE);
  lab.ack("r2", 1, MORE);
  lab.ack("r2", 1, headIn(CHAIN, 3));
  lab.hardState("r2", { noMoreAcks: true });
  lab.persist("r2", { op: "truncate", after: logIndex(0) }, { op: "append", entries: FORK });
  lab.restart("r2");
  lab.hardState("r2", { noMoreAcks: false, ack: endOf(FORK) });
  fires("I2", () => lab.send("r2", response("r2", 1, { acks: [endOf(FORK)] })));
});

Deno.test("I2: entries below the own ack are replaced (§5.2), but for what catch-up replaces (§8.1)", () => {
  const lab = led();
  lab.append("r2", CHAIN);
  lab.ack("r2", 1, CHAIN);
  fires("I2", () => lab.persist("r2", { op: "truncate", after: logIndex(1) }));
  const twin = led();
  twin.append("r2", CHAIN);
  twin.ack("r2", 1, CHAIN);
  const state = { ...twin.disk("r2").hardState, noMoreAcks: true };
  twin.persist("r2", { op: "truncate", after: logIndex(1) }, { op: "hard-state", state });
});

Deno.test("§4.3: nothing of a term that was left", () => {
  const lab = led();
  lab.append("r2", CHAIN);
  lab.ack("r2", 1, CHAIN);
  lab.vote("r2", 2, "r3");
  fires("§4.3", () => lab.send("r2", response("r2", 1, { acks: [endOf(CHAIN)] })));
  const leader = led();
  leader.send("r1", appendEntries("r1", 1, []));
  leader.follow("r1", 2);
  fires("§4.3", () => leader.send("r1", appendEntries("r1", 1, [], { round: 2 })));
});

Deno.test("I8: acks of what is not held, or was not durable, or never passed the guard", () => {
  const unheld = led();
  fires("I8", () => unheld.send("r2", response("r2", 1, { acks: [endOf(CHAIN)] })));
  const volatile = led();
  volatile.append("r2", CHAIN);
  fires("I8", () => volatile.send("r2", response("r2", 1, { acks: [endOf(CHAIN)] })));
  const unguarded = led();
  unguarded.append("r2", CHAIN);
  unguarded.hardState("r2", { ack: endOf(CHAIN) });
  fires("I8", () => unguarded.sendUnguarded("r2", response("r2", 1, { acks: [endOf(CHAIN)] })));
  fires("I8", () => led().send("r2", response("r2", 2, {})));
});

Deno.test("I8: a commit index, a prepared report and a vote ahead of the disk", () => {
  const commit = led();
  commit.append("r2", CHAIN);
  fires("I8", () => commit.send("r2", response("r2", 1, { commit: headIn(CHAIN, 1) })));
  const report = led();
  report.spread(1, CHAIN);
  const prepared = rankOf(1, endOf(CHAIN));
  fires("I8", () => report.send("r2", response("r2", 1, { acks: [endOf(CHAIN)], prepared })));
  fires("I8", () => checkerLab().send("r2", { kind: "Vote", signed: vote("r2", 1, "r1", EMPTY_BASE) }));
  const other = checkerLab();
  other.hardState("r2", { currentTerm: term(1), vote: { candidate: replicaId("r3"), base: EMPTY_BASE } });
  fires("I8", () => other.send("r2", { kind: "Vote", signed: vote("r2", 1, "r1", EMPTY_BASE) }));
  fires("I8", () => checkerLab().send("r2", requestVote("r2", 1, THREE)));
});

Deno.test("I8: the entries under the highest certificate are thrown away (§6.8); kept aside they are not", () => {
  const lab = led();
  lab.spread(1, CHAIN);
  lab.report("r2", 1, endOf(CHAIN));
  lab.follow("r2", 2);
  const certificate = prepareCertificate(1, endOf(CHAIN), THREE);
  lab.persist("r2", { op: "truncate", after: logIndex(1) }, { op: "prepared", certificate, branch: CHAIN.slice(1) });
  fires("I8", () => lab.persist("r2", { op: "prepared", certificate, branch: [] }));
});

Deno.test("I9: certificates, published, durable and over a restart", () => {
  const settled = () => {
    const lab = led();
    lab.spread(1, CHAIN);
    lab.spread(1, MORE);
    lab.report("r2", 1, endOf(MORE));
    return lab;
  };
  const lower = prepareCertificate(1, endOf(CHAIN), THREE);
  const durable = settled();
  fires("I9", () => durable.persist("r2", { op: "prepared", certificate: lower, branch: [] }));
  const published = settled();
  const acks = [endOf(MORE)];
  fires("I9", () => published.send("r2", response("r2", 1, { acks, prepared: rankOf(0, GENESIS) })));
  const lost = settled();
  lost.disk("r2").write({ op: "prepared", certificate: lower, branch: [] });
  fires("I9", () => lost.restart("r2"));
  settled().restart("r2");
});

Deno.test("I10: the commit index, published, durable and over a restart", () => {
  const settled = () => {
    const lab = checkerLab();
    lab.settle(1, "r1", CHAIN);
    const prepared = rankOf(1, endOf(CHAIN));
    lab.send("r2", response("r2", 1, { acks: [endOf(CHAIN)], prepared, commit: endOf(CHAIN) }));
    return lab;
  };
  const durable = settled();
  fires("I10", () => durable.commit("r2", 1, headIn(CHAIN, 2)));
  const published = settled();
  const prepared = rankOf(1, endOf(CHAIN));
  fires("I10", () => published.send("r2", response("r2", 1, { acks: [endOf(CHAIN)], prepared })));
  const lost = settled();
  lost.disk("r2").write({
    op: "commit",
    index: logIndex(2),
    certificate: commitCertificate(1, headIn(CHAIN, 2), THREE),
  });
  fires("I10", () => lost.restart("r2"));
  const wiped = settled();
  wiped.disks.delete("r2");
  fires("I8", () => wiped.restart("r2"));
  settled().restart("r2");
});

Deno.test("§5.3, §6.7: acks below the base, beside it, or in a term that elected nobody", () => {
  fires("§6.7", () => {
    const lab = checkerLab();
    lab.append("r2", CHAIN);
    lab.follow("r2", 1);
    lab.ack("r2", 1, CHAIN);
  });
  const based = () => {
    const lab = checkerLab();
    lab.settle(1, "r1", CHAIN);
    lab.elect(2, "r1", THREE, rankOf(1, endOf(CHAIN)));
    return lab;
  };
  const below = based();
  fires("§5.3", () => below.ack("r2", 2, headIn(CHAIN, 2)));
  const beside = based();
  beside.follow("r4", 2);
  beside.append("r4", FORK);
  fires("§5.3", () => beside.ack("r4", 2, FORK));
  based().ack("r2", 2, CHAIN);
});

Deno.test("§5.1: rounds that do not rise, and a restarted leader that leads on", () => {
  const lab = led();
  const first = appendEntries("r1", 1, [], { round: 2 });
  lab.send("r1", first);
  lab.send("r1", first); // to others, with its proof beside it
  lab.send("r1", appendEntries("r1", 1, [], { round: 3 }));
  fires("§5.1", () => lab.send("r1", first));
  const restarted = led();
  restarted.send("r1", appendEntries("r1", 1, []));
  restarted.restart("r1");
  fires("§5.1", () => restarted.send("r1", appendEntries("r1", 1, [], { round: 2 })));
  const forgetful = led();
  forgetful.send("r1", appendEntries("r1", 1, CHAIN)); // ahead of its disk
  forgetful.restart("r1");
  fires("§5.1", () => forgetful.send("r1", appendEntries("r1", 1, FORK, { round: 2 })));
  const again = led();
  again.restart("r1");
  fires("§6.4", () => again.send("r1", requestVote("r1", 1, THREE)));
});

Deno.test("§6.6: a leader that nobody elected, or away from its base", () => {
  fires("§6.6", () => led().send("r2", appendEntries("r2", 1, [])));
  const lab = checkerLab();
  lab.settle(1, "r1", CHAIN);
  lab.elect(2, "r4", [...THREE, "r4"], rankOf(1, endOf(CHAIN)));
  lab.append("r4", FORK);
  fires("§6.6", () => lab.send("r4", appendEntries("r4", 2, FORK)));
});

Deno.test("§6.5: two votes in a term, durable or signed", () => {
  const durable = led();
  fires("§6.5", () => durable.vote("r2", 1, "r3"));
  const signed = led({ clauses: true });
  signed.disk("r2").write({
    op: "hard-state",
    state: { ...signed.disk("r2").hardState, vote: { candidate: replicaId("r3"), base: EMPTY_BASE } },
  });
  fires("§6.5", () => signed.send("r2", { kind: "Vote", signed: vote("r2", 1, "r3", EMPTY_BASE) }));
  const twin = led();
  twin.restart("r2");
  twin.send("r2", { kind: "Vote", signed: vote("r2", 1, "r1", EMPTY_BASE) });
});

Deno.test("evidence against an honest replica, kept or shown, and contradictions of one", () => {
  const message = vote("r2", 1, "r1", EMPTY_BASE);
  const against = (culprit: string): Evidence => ({
    kind: "double-vote",
    culprit: replicaId(culprit),
    first: message,
    second: message,
  });
  const lab = checkerLab({ byzantine: ["r4"] });
  lab.persist("r1", { op: "evidence", evidence: against("r4") });
  lab.send("r1", { kind: "Evidence", evidence: against("r4") });
  fires("evidence", () => lab.persist("r1", { op: "evidence", evidence: against("r2") }));
  fires("evidence", () => lab.send("r1", { kind: "Evidence", evidence: against("r2") }));

  const leader = led();
  leader.append("r1", CHAIN);
  leader.send("r1", appendEntries("r1", 1, CHAIN));
  leader.send("r1", appendEntries("r1", 1, CHAIN.slice(1), { prev: headIn(CHAIN, 1), round: 2 }));
  leader.persist("r1", { op: "truncate", after: logIndex(0) }, { op: "append", entries: FORK });
  fires("evidence", () => leader.send("r1", appendEntries("r1", 1, FORK, { round: 3 })));
});

Deno.test("nothing is demanded of faulty replicas", () => {
  const lab = checkerLab({ byzantine: ["r4"] });
  lab.send("r4", response("r4", 9, { acks: [endOf(FORK)], prepared: rankOf(9, endOf(FORK)) }));
  lab.send("r4", { kind: "Vote", signed: signAs("r4", vote("r1", 9, "r1", EMPTY_BASE).message) });
  lab.persist("r4", { op: "append", entries: MORE });
  lab.checkers.failed(replicaId("r4"), new Error("led into a contradiction"), 0);
});

Deno.test("an honest replica that stops is a violation named after what stopped it", () => {
  const { checkers } = checkerLab();
  const stops = (error: Error) => () => checkers.failed("r1" as ReplicaId, error, 0);
  fires("I7", stops(new InvariantError("I7", "applied twice")));
  fires("guard", stops(new GuardError("refused")));
  fires("storage", stops(new StorageError("refused")));
  fires("threw", stops(new TypeError("undefined is not a function")));
});

Deno.test("§3.1: entries that do not chain, and forged requests in them (§3.2)", () => {
  const lab = checkerLab();
  fires("§3.1", () => lab.append("r1", MORE));
  fires("forged", () => lab.append("r1", grow(GENESIS, 1, 1, "never signed")));
});

Deno.test("§3.1: terms that decrease behind an entry that is there, and none behind a snapshot, where nobody can tell", () => {
  const last = grow(GENESIS, 1, 2);
  const older = [entryAfter(endOf(last), 1, [])];
  const lab = checkerLab();
  lab.append("r1", last);
  fires("§3.1", () => lab.append("r1", older));
  const behind = checkerLab();
  for (const at of THREE) behind.append(at, last);
  behind.disk("r4").write({ op: "restart-log", base: endOf(last) });
  behind.append("r4", older);
  assertEquals(behind.checkers.counts.entries, 2);
});

Deno.test("I5: entries kept aside that hang on nothing", () => {
  const lab = led();
  for (const at of ["r1", "r2", "r3", "r4"]) lab.append(at, CHAIN);
  const certificate = prepareCertificate(1, endOf(CHAIN), THREE);
  for (const at of THREE) lab.ack(at, 1, CHAIN);
  lab.disk("r4").write({ op: "restart-log", base: headIn(CHAIN, 1) });
  lab.persist("r4", { op: "prepared", certificate, branch: CHAIN.slice(1) });
  fires("I5", () => lab.persist("r4", { op: "prepared", certificate, branch: CHAIN }));
});
