/** I6, I7, forged commands, and answers that are true and stay true. */
import { assertEquals } from "@std/assert";
import { clientId, digest, logIndex, type ReplicaId, seq } from "../../../../protocol/ids.ts";
import type { Answer, SendRequest } from "../../../../protocol/message.ts";
import { endOf, entryAfter, GENESIS, request } from "../../../clauses/support/forge.ts";
import { CheckerLab, type CheckerLabOptions, fires, THREE } from "../checker_lab.ts";
import type { Signed } from "../../../../protocol/signed.ts";

const A = request(1, "a");
const B = request(2, "b");
/** Two commands under one seq, as only a faulty client signs them. */
const TWIN = request(2, "another b");
const FIRST = entryAfter(GENESIS, 1, [A]);
const CHAIN = [FIRST, entryAfter(endOf([FIRST]), 1, [B, A])];

/** Returns a checkerLab on which three replicas have committed entry 1 with A, and entry 2 with B and A once more. */
function settled(options: CheckerLabOptions = {}): CheckerLab {
  const lab = new CheckerLab(options);
  for (const each of [A, B, TWIN]) lab.checkers.requested(each, 0);
  lab.settle(1, "r1", CHAIN);
  return lab;
}

function execute({ checkers }: CheckerLab, at: string, index: number, { message }: Signed<SendRequest>): void {
  checkers.executed(at as ReplicaId, logIndex(index), message.client, message.command, 0);
}

function apply({ checkers }: CheckerLab, at: string, index: number, state: string, sessions: string): void {
  const view = { appliedIndex: logIndex(index), digest: digest(state), sessions: digest(sessions) };
  checkers.applied(at as ReplicaId, view, 0);
}

const answer = (number: number, index: number, change: Partial<Answer> = {}): Answer => ({
  seq: seq(number),
  index: logIndex(index),
  outcome: "applied",
  result: new Uint8Array([1]),
  floor: seq(0),
  ...change,
});

function reply({ checkers }: CheckerLab, at: string, ...answers: Answer[]): void {
  checkers.replied(at as ReplicaId, { client: clientId("c1"), answers }, 0);
}

/** Returns a checkerLab on which all three execute A and B where they are, and answer B. */
function served(options: CheckerLabOptions = {}): CheckerLab {
  const lab = settled(options);
  for (const at of THREE) {
    execute(lab, at, 1, A);
    execute(lab, at, 2, B);
    apply(lab, at, 2, "state", "sessions");
    reply(lab, at, answer(2, 2));
  }
  return lab;
}

Deno.test("requests executed once each, in order, violate nothing; after a restart they are executed again", () => {
  const lab = served();
  lab.restart("r2");
  execute(lab, "r2", 1, A);
  execute(lab, "r2", 2, B);
  apply(lab, "r2", 2, "state", "sessions");
  lab.checkers.accepted("c1", answer(2, 2), 0);
  lab.checkers.finish();
  assertEquals([lab.checkers.counts.executions, lab.checkers.counts.accepted], [8, 1]);
});

Deno.test("I7: a request is executed twice in one life of a replica", () => {
  const lab = settled();
  execute(lab, "r1", 1, A);
  execute(lab, "r1", 2, B);
  fires("I7", () => execute(lab, "r1", 2, A));
});

Deno.test("I7: two commands signed under one seq are both executed", () => {
  const lab = settled();
  execute(lab, "r1", 2, B);
  fires("I7", () => execute(lab, "r1", 2, TWIN));
});

Deno.test("I7: a command signed under several seqs is executed more often than it was signed", () => {
  const lab = settled();
  const alike = { ...A, message: { ...A.message, seq: seq(7) } };
  lab.checkers.requested(alike, 0);
  execute(lab, "r1", 1, A);
  execute(lab, "r1", 2, A);
  fires("I7", () => execute(lab, "r1", 2, A));
});

Deno.test("forged: a command that no client signed, or another client", () => {
  fires("forged", () => execute(settled(), "r1", 1, request(1, "never signed")));
  const { message } = A;
  fires("forged", () => execute(settled(), "r1", 1, { ...A, message: { ...message, client: clientId("c2") } }));
});

Deno.test("I6: executed elsewhere at another index, with another command, or out of order", () => {
  const index = settled();
  execute(index, "r1", 1, A);
  fires("I6", () => execute(index, "r2", 2, A));
  const command = settled();
  execute(command, "r1", 2, B);
  fires("I6", () => execute(command, "r2", 2, TWIN));
  const order = settled();
  execute(order, "r1", 2, B);
  fires("I6", () => execute(order, "r1", 1, A));
});

Deno.test("I5: executed or applied before it is committed", () => {
  fires("I5", () => execute(settled(), "r1", 3, A));
  fires("I5", () => apply(settled(), "r4", 1, "state", "sessions"));
});

Deno.test("I6: other states or session tables at one index, and digests that do not tell tables apart", () => {
  fires("I6", () => apply(served(), "r2", 2, "other state", "sessions"));
  fires("I6", () => apply(served(), "r2", 2, "state", "other sessions"));
  fires("I6", () => apply(served(), "r2", 1, "state", "other sessions"));
  apply(served(), "r2", 1, "earlier state", "earlier sessions");
});

Deno.test("I6: honest replicas answer one request differently, or where it was not executed", () => {
  fires("I6", () => reply(served(), "r1", answer(2, 2, { result: new Uint8Array([2]) })));
  fires("I6", () => reply(served(), "r1", answer(1, 2)));
  reply(served(), "r1", answer(1, 1));
});

Deno.test("§7.1: windows that the client never moved", () => {
  fires("§7.1", () => reply(served(), "r1", answer(1, 1, { floor: seq(1) })));
  fires("§7.1", () => reply(served(), "r1", answer(1, 0, { outcome: "expired" })));
  const lab = served();
  lab.checkers.requested(request(3, "c", "c1", 2), 0);
  reply(lab, "r1", answer(1, 0, { outcome: "expired", floor: seq(2) }));
});

Deno.test("answer: a client accepts what too few honest replicas said", () => {
  const lonely = settled();
  execute(lonely, "r1", 1, A);
  reply(lonely, "r1", answer(1, 1));
  fires("answer", () => lonely.checkers.accepted("c1", answer(1, 1), 0));
  fires("answer", () => served().checkers.accepted("c1", answer(2, 2, { result: new Uint8Array([9]) }), 0));
  const beside = settled({ byzantine: ["r4"] });
  execute(beside, "r1", 1, A);
  reply(beside, "r1", answer(1, 1));
  beside.checkers.accepted("c1", answer(1, 1), 0); // the faulty one may have said the same
});

Deno.test("answer: with fast reads a quorum must have said it (§7.4)", () => {
  const lab = settled({ fastReads: true });
  for (const at of ["r1", "r2"]) {
    execute(lab, at, 1, A);
    reply(lab, at, answer(1, 1));
  }
  fires("answer", () => lab.checkers.accepted("c1", answer(1, 1), 0));
  execute(lab, "r3", 1, A);
  reply(lab, "r3", answer(1, 1));
  lab.checkers.accepted("c1", answer(1, 1), 0);
});

Deno.test("durable: an accepted request that is not committed where the answer says", () => {
  const lab = settled();
  for (const at of THREE) reply(lab, at, answer(2, 1));
  fires("durable", () => lab.checkers.accepted("c1", answer(2, 1), 0));
});

Deno.test("durable: a replica that applied the entry and has not executed the accepted request", () => {
  const lab = served();
  lab.checkers.accepted("c1", answer(2, 2), 0);
  lab.restart("r3");
  execute(lab, "r3", 1, A);
  lab.checkers.finish(); // it has not come that far
  apply(lab, "r3", 2, "state", "sessions");
  fires("durable", () => lab.checkers.finish());
});

Deno.test("§7.3: a replica forwards what it has executed, or what came with a snapshot", () => {
  const forward = (lab: CheckerLab, at: string) => lab.send(at, { kind: "ForwardedRequest", signed: B });
  const lab = settled();
  forward(lab, "r1");
  execute(lab, "r1", 2, B);
  forward(lab, "r2"); // which has not come that far
  apply(lab, "r1", 2, "state", "sessions");
  fires("§7.3", () => forward(lab, "r1"));
  lab.restart("r1");
  forward(lab, "r1");
  forward(settled({ clauses: false }), "r1");
});
