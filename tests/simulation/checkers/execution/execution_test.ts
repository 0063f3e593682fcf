/** I6, I7, forged commands, and answers that are true and stay true. */
import { assertEquals } from "@std/assert";
import { sha256Hex } from "../../../../crypto/digest.ts";
import { clientId, digest, logIndex, type ReplicaId, replicaId } from "../../../../protocol/ids.ts";
import type { Request, SendRequest } from "../../../../protocol/message.ts";
import type { Signed } from "../../../../protocol/signed.ts";
import type { SessionAnswer } from "../../../../replica/core/output.ts";
import { encodeKvResult } from "../../../../state_machine/mod.ts";
import { copyOf, endOf, entryAfter, GENESIS, register, request, requestIn } from "../../../clauses/support/forge.ts";
import { CheckerLab, type CheckerLabOptions, fires, THREE } from "../checker_lab.ts";

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

const answer = (request: Signed<Request>, index: number, change: Partial<SessionAnswer> = {}): SessionAnswer => ({
  session: request.message.kind === "SendRequest" ? request.message.session : null,
  request: sha256Hex(request.body),
  outcome: "applied",
  index: logIndex(index),
  // The entry at 1 writes first, that at 2 next.
  result: encodeKvResult({ status: "written", revision: index }),
  ...change,
});
/** An outcome that comes with no result. */
const told = (request: Signed<Request>, index: number, outcome: SessionAnswer["outcome"]): SessionAnswer =>
  answer(request, index, { outcome, result: new Uint8Array() });

function reply({ checkers }: CheckerLab, at: string, ...answers: SessionAnswer[]): void {
  checkers.replied(at as ReplicaId, { client: clientId("c1"), answers }, 0);
}

/** Returns a checkerLab on which all three execute A and B where they are, and answer B. */
function served(options: CheckerLabOptions = {}): CheckerLab {
  const lab = settled(options);
  for (const at of THREE) {
    execute(lab, at, 1, A);
    execute(lab, at, 2, B);
    apply(lab, at, 2, "state", "sessions");
    reply(lab, at, answer(B, 2));
  }
  return lab;
}

Deno.test("requests executed once each, in order, violate nothing; after a restart they are executed again", () => {
  const lab = served();
  lab.restart("r2");
  execute(lab, "r2", 1, A);
  execute(lab, "r2", 2, B);
  apply(lab, "r2", 2, "state", "sessions");
  lab.checkers.accepted("c1", answer(B, 2), 0);
  lab.checkers.finish();
  assertEquals([lab.checkers.counts.executions, lab.checkers.counts.accepted], [8, 1]);
});

Deno.test("I7: a request is executed twice in one life of a replica", () => {
  const lab = settled();
  execute(lab, "r1", 1, A);
  execute(lab, "r1", 2, B);
  fires("I7", () => execute(lab, "r1", 2, A));
});

Deno.test("I7: a command is executed that the chain does not execute there: its twin, one out of order, or at another index", () => {
  fires("I7", () => execute(settled(), "r1", 2, TWIN));
  fires("I7", () => execute(settled(), "r1", 2, A));
  fires("I7", () => execute(settled(), "r1", 1, B));
});

Deno.test("I7: what an honest client asked for once is executed in two sessions, unless twice is as good as once", () => {
  const again = (repeatable: boolean) => {
    const { message } = requestIn(2, 1);
    const twice = [request(0, "first"), { ...requestIn(2, 1) }].map((each, i) =>
      i === 0 ? each : copyOf(message, request(0, "first").message.command)
    );
    const opens = entryAfter(GENESIS, 1, [twice[0]!]);
    const chain = [opens, entryAfter(endOf([opens]), 1, [register(0)])];
    chain.push(entryAfter(endOf(chain), 1, [twice[1]!]));
    const lab = new CheckerLab();
    for (const each of [...twice, register(0)]) lab.checkers.requested(each, 0);
    lab.checkers.invoked("c1", twice[0]!.message.command, repeatable, 0);
    lab.settle(1, "r1", chain);
    execute(lab, "r1", 1, twice[0]!);
    execute(lab, "r1", 3, twice[1]!);
  };
  fires("I7", () => again(false));
  again(true);
});

Deno.test("forged: a command that no client signed, or another client", () => {
  fires("forged", () => execute(settled(), "r1", 1, request(1, "never signed")));
  const { message } = A;
  fires("forged", () => execute(settled(), "r1", 1, { ...A, message: { ...message, client: clientId("c2") } }));
});

Deno.test("I6: executed out of order", () => {
  const order = settled();
  execute(order, "r1", 2, B);
  fires("I6", () => execute(order, "r1", 1, A));
});

Deno.test("I5: executed or applied before it is committed", () => {
  fires("I5", () => execute(settled(), "r1", 3, A));
  fires("I5", () => apply(settled(), "r4", 3, "state", "sessions"));
});

Deno.test("I5: with fast reads, applied before the disk of that replica knows that it is committed (§4.1, §7.4)", () => {
  apply(settled(), "r4", 1, "state", "sessions");
  fires("I5", () => apply(settled({ fastReads: true }), "r4", 1, "state", "sessions"));
});

Deno.test("I6: other states or session tables at one index, and digests that do not tell tables apart", () => {
  fires("I6", () => apply(served(), "r2", 2, "other state", "sessions"));
  fires("I6", () => apply(served(), "r2", 2, "state", "other sessions"));
  fires("I6", () => apply(served(), "r2", 1, "state", "other sessions"));
  apply(served(), "r2", 1, "earlier state", "earlier sessions");
});

Deno.test("I6: honest replicas answer one request differently, or where it was not executed", () => {
  fires("I6", () => reply(served(), "r1", answer(B, 2, { result: new Uint8Array([2]) })));
  fires("I6", () => reply(served(), "r1", answer(A, 2)));
  reply(served(), "r1", answer(A, 1));
});

Deno.test("§7.1: outcomes that are not what the chain makes of the request", () => {
  const says = (...answers: SessionAnswer[]) => () => reply(served(), "r1", ...answers);
  fires("§7.1", says(told(A, 2, "expired"))); // its client signed no floor above it
  fires("§7.1", says(told(A, 2, "ahead")));
  fires("§7.1", says(told(A, 2, "unknown"))); // its session is open
  fires("§7.1", says(told(A, 2, "unexecuted")));
  fires("§7.1", says(told(A, 2, "void"))); // which is said of registers
  fires("I6", says(told(A, 1, "conflict"))); // it is no other command that was executed
  fires("I6", says(answer(TWIN, 2)));
  fires("I5", says(told(A, 3, "unknown"))); // nothing is committed there
  fires("§7.2", says(answer(TWIN, 2, { outcome: "conflict" }))); // with a result
  says(told(TWIN, 2, "conflict"))();
  const lab = served();
  lab.checkers.requested(request(3, "c", "c1", 2), 0);
  reply(lab, "r1", told(A, 2, "expired"));
});

Deno.test("§7.1: a command told to be unexecuted in a session that was closed is executed there after all", () => {
  const lab = served();
  const known = requestIn(2, 9);
  lab.checkers.requested(known, 0);
  fires("answer", () => reply(lab, "r1", told(request(9, "nobody signed this"), 2, "unknown")));
  reply(lab, "r1", told(known, 2, "unexecuted")); // there is no such session
  lab.checkers.finish();
});

Deno.test("§7.1: registers that opened another session, or none", () => {
  const [first, late] = [register(0, 1), register(0, 2)];
  const opens = entryAfter(GENESIS, 1, [A]);
  const chain = [opens, entryAfter(endOf([opens]), 1, [first, late])];
  const says = (...answers: SessionAnswer[]) => () => {
    const lab = new CheckerLab();
    for (const each of [A, first, late]) lab.checkers.requested(each, 0);
    lab.settle(1, "r1", chain);
    reply(lab, "r1", ...answers);
  };
  const opened = answer(first, 2, { result: new Uint8Array() });
  says(opened, told(late, 2, "void"))();
  fires("I6", says({ ...opened, index: logIndex(1) }));
  fires("I6", says(answer(late, 2, { result: new Uint8Array() })));
  fires("§7.1", says(told(first, 2, "void"))); // its session is open
  fires("§7.1", says(told(first, 2, "unknown"))); // which is said of commands
});

Deno.test("§7.2: honest replicas answer alike what the state at the command's place does not give", () => {
  const lab = settled();
  for (const at of THREE) execute(lab, at, 1, A);
  fires("§7.2", () => reply(lab, "r1", answer(A, 1, { result: encodeKvResult({ status: "written", revision: 2 }) })));
});

Deno.test("answer: to a client that never signed the request", () => {
  const { checkers } = served();
  const answers = [answer(A, 1)];
  fires("answer", () => checkers.replied("r1" as ReplicaId, { client: clientId("c2"), answers }, 0));
});

Deno.test("answer: under another session than the request's, so that the process which waits for it never hears of it", () => {
  const lab = served();
  reply(lab, "r1", answer(A, 1));
  fires("answer", () => reply(lab, "r1", answer(A, 1, { session: logIndex(77) })));
  fires("answer", () => reply(lab, "r1", answer(A, 1, { session: null })));
});

Deno.test("answer: a client accepts what too few honest replicas said", () => {
  const lonely = settled();
  execute(lonely, "r1", 1, A);
  reply(lonely, "r1", answer(A, 1));
  fires("answer", () => lonely.checkers.accepted("c1", answer(A, 1), 0));
  fires("answer", () => served().checkers.accepted("c1", answer(B, 2, { result: new Uint8Array([9]) }), 0));
  const beside = settled({ byzantine: ["r4"] });
  execute(beside, "r1", 1, A);
  reply(beside, "r1", answer(A, 1));
  beside.checkers.accepted("c1", answer(A, 1), 0); // the faulty one may have said the same
});

Deno.test("answer: with fast reads a quorum must have said it (§7.4)", () => {
  const lab = settled({ fastReads: true });
  for (const at of ["r1", "r2"]) {
    execute(lab, at, 1, A);
    reply(lab, at, answer(A, 1));
  }
  fires("answer", () => lab.checkers.accepted("c1", answer(A, 1), 0));
  execute(lab, "r3", 1, A);
  reply(lab, "r3", answer(A, 1));
  lab.checkers.accepted("c1", answer(A, 1), 0);
});

Deno.test("answer: a fast read takes a quorum, of which all but the faulty ones are honest (§7.4)", () => {
  const read = (lab: ReturnType<typeof settled>, ...by: string[]) => lab.checkers.read("c1", by.map(replicaId), 0);
  const lab = settled({ fastReads: true });
  fires("answer", () => read(lab, "r1", "r2"));
  fires("answer", () => read(lab, "r1", "r2", "r2"));
  read(lab, "r1", "r2", "r3");
  const beside = settled({ fastReads: true, byzantine: ["r4"] });
  fires("answer", () => read(beside, "r1", "r4"));
  read(beside, "r1", "r2", "r4");
});

Deno.test("I6: a request that is answered as applied where it is not committed", () => {
  fires("I6", () => reply(settled(), "r1", answer(B, 1)));
});

Deno.test("durable: a replica that applied the entry and has not executed the accepted request", () => {
  const lab = served();
  lab.checkers.accepted("c1", answer(B, 2), 0);
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
