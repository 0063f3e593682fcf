/** Replicas that lost their disks (§8.4): what learners sign, when they are sure, and all they ever signed judged together. */
import { digest, replicaId, term } from "../../../../protocol/ids.ts";
import type { PeerMessage } from "../../../../protocol/message.ts";
import type { Packet } from "../../../../protocol/packet.ts";
import {
  commitCertificate,
  endOf,
  GENESIS,
  grow,
  prepareCertificate,
  preVote,
  rankOf,
  request,
  response,
  signAs,
  vote,
} from "../../../clauses/support/forge.ts";
import { CheckerLab, type CheckerLabOptions, EMPTY_BASE, fires, RECOVERY, THREE } from "../checker_lab.ts";

const CHAIN = grow(GENESIS, 3, 1);
const FORK = grow(GENESIS, 3, 1, "fork");
const NEXT = grow(endOf(CHAIN), 1, 2);

/** Returns a checkerLab on which term 1 has settled a chain, and r3 has lost its disk since. */
function wiped(options: CheckerLabOptions = {}): CheckerLab {
  const lab = new CheckerLab(options);
  for (const number of [1, 2, 3, 4]) {
    for (const value of ["main", "fork"]) lab.checkers.requested(request(number, value), 0);
  }
  lab.settle(1, "r1", CHAIN);
  lab.wipe("r3");
  return lab;
}

const bar = (lab: CheckerLab, number: number): void =>
  lab.hardState("r3", { recovery: { nonce: RECOVERY, bar: term(number) } });

/** Returns a checkerLab on which term 2 has committed one more entry, and r3 has learnt of it. */
function beyond(options: CheckerLabOptions = {}): CheckerLab {
  const lab = wiped(options);
  bar(lab, 1);
  const others = ["r1", "r2", "r4"];
  lab.append("r4", CHAIN);
  lab.commit("r4", 1, endOf(CHAIN));
  lab.settle(2, "r1", NEXT, others);
  lab.append("r3", [...CHAIN, ...NEXT]);
  lab.hardState("r3", { currentTerm: term(2) });
  const certificate = commitCertificate(2, endOf(NEXT), others);
  lab.persist("r3", { op: "prepared", certificate, branch: [] });
  lab.persist("r3", { op: "commit", index: endOf(NEXT).index, certificate });
  return lab;
}

const send = (lab: CheckerLab, message: PeerMessage): void =>
  lab.sendUnguarded("r3", { kind: message.kind, signed: signAs("r3", message) } as Packet);

const rollCall = (nonce = RECOVERY): PeerMessage => ({ kind: "RollCall", replica: replicaId("r3"), nonce });

Deno.test("a learner that asks, waits for a term above its bar and then votes and acks violates nothing", () => {
  const lab = beyond();
  send(lab, rollCall());
  lab.restart("r3");
  lab.hardState("r3", { recovery: null, vote: null, ack: null });
  lab.report("r3", 2, endOf(NEXT), commitCertificate(2, endOf(NEXT), ["r1", "r2", "r4"]));
  lab.vote("r3", 3, "r2", rankOf(2, endOf(NEXT)));
  lab.wipe("r3", digest("cd".repeat(32)));
});

Deno.test("§8.4: a learner signs what counts", () => {
  fires("§8.4", () => send(wiped(), response("r3", 1, {}).signed.message));
  fires("§8.4", () => send(wiped(), vote("r3", 2, "r1", EMPTY_BASE).message));
  fires("§8.4", () => send(wiped(), preVote("r3", 2).signed.message));
  const answer = { kind: "RollCallAnswer", replica: replicaId("r3"), asker: replicaId("r4"), nonce: RECOVERY } as const;
  fires("§8.4", () => send(wiped(), { ...answer, term: term(9) }));
  fires("§8.4", () => send(wiped(), rollCall(digest("cd".repeat(32)))));
});

Deno.test("§8.4: a bar below what was signed, an end before the bar is known or passed, a recovery forgotten", () => {
  fires("§8.4", () => bar(wiped(), 0));
  fires("§8.4", () => wiped().hardState("r3", { recovery: null }));
  const early = wiped();
  bar(early, 1);
  early.hardState("r3", { currentTerm: term(2) });
  fires("§8.4", () => early.hardState("r3", { recovery: null }));
  const lost = wiped();
  lost.disk("r3").write({ op: "hard-state", state: { ...lost.disk("r3").hardState, recovery: null } });
  fires("§8.4", () => lost.restart("r3"));
});

Deno.test("§8.4: an answer to a roll call that leaves out what was signed; I8: a PreVote that is not durable", () => {
  const lab = wiped();
  lab.hardState("r2", { preVoted: term(4) });
  const answer = { kind: "RollCallAnswer", replica: replicaId("r2"), asker: replicaId("r3"), nonce: RECOVERY } as const;
  const say = (number: number) => ({
    kind: "RollCallAnswer" as const,
    signed: signAs("r2", { ...answer, term: term(number) }),
  });
  lab.send("r2", say(4));
  lab.send("r2", preVote("r2", 4));
  fires("§8.4", () => lab.send("r2", say(3)));
  fires("I8", () => lab.send("r2", preVote("r2", 5)));
});

/** Returns a checkerLab on which r3 forgets that it was to wait, as no honest replica does. */
function careless(): CheckerLab {
  const lab = wiped({ clauses: false });
  lab.hardState("r3", { recovery: null, currentTerm: term(1) });
  return lab;
}

Deno.test("I2: acks of two lives of a replica contradict each other", () => {
  const lab = careless();
  lab.append("r3", FORK);
  lab.persist("r3", { op: "prepared", certificate: prepareCertificate(1, endOf(CHAIN), THREE), branch: CHAIN });
  lab.hardState("r3", { ack: endOf(FORK) });
  fires("I2", () => lab.send("r3", response("r3", 1, { acks: [endOf(FORK)], prepared: rankOf(1, endOf(CHAIN)) })));
});

Deno.test("I9, I10: it reports less than it did before it lost its disk", () => {
  const rank = careless();
  fires("I9", () => rank.send("r3", response("r3", 1, {})));
  const commit = careless();
  const prepared = rankOf(1, endOf(CHAIN));
  commit.append("r3", CHAIN);
  commit.send("r1", response("r1", 1, { acks: [endOf(CHAIN)], prepared, commit: endOf(CHAIN) }));
  commit.persist("r3", { op: "prepared", certificate: prepareCertificate(1, endOf(CHAIN), THREE), branch: [] });
  commit.send("r3", response("r3", 1, { prepared }));
});

Deno.test("§4.3: it signs in a term that it had left before it lost its disk", () => {
  const lab = wiped({ clauses: false });
  lab.hardState("r2", { currentTerm: term(2) });
  lab.vote("r2", 3, "r2");
  lab.wipe("r2");
  lab.hardState("r2", { recovery: null, currentTerm: term(2) });
  fires("§4.3", () => lab.send("r2", response("r2", 2, {})));
});

Deno.test("§6.5: it votes a second time in a term of its past", () => {
  const lab = new CheckerLab();
  lab.vote("r2", 1, "r1");
  lab.wipe("r2");
  lab.hardState("r2", { currentTerm: term(1), vote: { candidate: replicaId("r3"), base: EMPTY_BASE } });
  lab.disk("r2").write({ op: "hard-state", state: { ...lab.disk("r2").hardState, recovery: null } });
  fires("§6.5", () => lab.send("r2", { kind: "Vote", signed: vote("r2", 1, "r3", EMPTY_BASE) }));
});
