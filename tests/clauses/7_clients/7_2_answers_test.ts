import { assert, assertEquals } from "@std/assert";
import { answersNeeded, countAnswer, createReplyTally } from "../../../client/session/reply_tally.ts";
import { sha256Hex } from "../../../crypto/digest.ts";
import type { ProtocolConstants } from "../../../protocol/config.ts";
import { ALL_SESSIONS, clientId, logIndex } from "../../../protocol/ids.ts";
import type { Answer } from "../../../protocol/message.ts";
import { needs, Routes } from "../../../replica/answers/routes.ts";
import { numberOf } from "../../support/numbered_requests.ts";
import { ElectionLab } from "../support/election_lab.ts";
import { endOf, entryAfter, GENESIS, grow, register, reportsOf, request, requestIn } from "../support/forge.ts";
import { inputsOf, requestInput } from "../support/lab.ts";

/** Returns what clients were told since the last call, as `client: seq outcome@index …`. */
function told(lab: ElectionLab): string[] {
  return lab.replies.splice(0).map(({ client, answers }) =>
    `${client}: ${answers.map((a) => `${numberOf(a.request)} ${a.outcome}@${a.index}`).join(", ")}`
  );
}

function following(constants: Partial<ProtocolConstants> = {}): ElectionLab {
  const lab = new ElectionLab({ constants });
  lab.follow("r2", 1);
  return lab;
}

Deno.test("§7.2a every replica answers directly, once committed and not before; a client's answers of one batch go together", () => {
  const lab = following();
  const chain = [entryAfter(GENESIS, 1, [request(0), request(0, "", "c2"), request(1)])];
  chain.push(entryAfter(endOf(chain), 1, [request(2)]));
  lab.append(GENESIS, chain);
  lab.prepare(endOf(chain));
  assertEquals(told(lab), []);
  lab.commit(endOf(chain));
  assertEquals(told(lab), ["c1: 0 applied@1, 1 applied@1, 2 applied@2", "c2: 0 applied@1"]);
});

Deno.test("§7.2 all that one run has for clients is handed over at once, when everything is durable and sent", () => {
  // With fast reads a commit is durable before it is answered.
  const lab = following({ fastReads: true });
  const chain = [entryAfter(GENESIS, 1, [request(0), request(0, "", "c2")])];
  lab.append(GENESIS, chain);
  lab.commit(endOf(chain));
  const more = [entryAfter(endOf(chain), 1, [request(1), request(1, "", "c2")])];
  lab.append(endOf(chain), more);
  lab.prepare(endOf(more));
  told(lab);
  const asked = [requestInput(request(0)), requestInput(request(0, "", "c2"))];
  const { trace } = lab.run([...asked, ...inputsOf(reportsOf(lab.peers, 1, endOf(more)))]);
  assertEquals(told(lab), ["c1: 0 applied@1", "c2: 0 applied@1", "c1: 1 applied@2", "c2: 1 applied@2"]);
  assert(trace.includes("durable commit"), trace.join(", "));
  assertEquals([trace.filter((line) => line === "reply").length, trace.at(-1)], [1, "reply"]);
});

Deno.test("§7.1 §7.2 a repeated request is answered again from the session table, and not passed on", () => {
  const lab = following();
  const chain = [entryAfter(GENESIS, 1, [request(0)])];
  lab.append(GENESIS, chain);
  lab.commit(endOf(chain));
  const before = lab.replies.splice(0);
  lab.take("ForwardedRequest");
  for (const intervention of [true, false]) {
    assertEquals(lab.request(request(0), intervention), "settled");
    assertEquals(lab.replies.splice(0), before.map((reply) => ({ ...reply, again: true })));
  }
  lab.elapse(1000);
  assertEquals(lab.take("ForwardedRequest"), []);
});

Deno.test("§7.1 a seq below the window is answered as expired", () => {
  const lab = following();
  const chain = [entryAfter(GENESIS, 1, [request(7, "", "c1", 5)])];
  lab.append(GENESIS, chain);
  lab.commit(endOf(chain));
  told(lab);
  assertEquals(lab.request(request(4, "", "c1", 0)), "settled");
  assertEquals(told(lab), ["c1: 4 expired@1"]);
});

Deno.test("§7.2 a seq above the window of its own floor is answered as ahead at once, wherever the session's window is", () => {
  const lab = following();
  const chain = [entryAfter(GENESIS, 1, [request(7, "", "c1", 5)])];
  lab.append(GENESIS, chain);
  lab.commit(endOf(chain));
  told(lab);
  const { sessionWindow } = lab.state.config.constants;
  assertEquals(lab.request(request(sessionWindow, "", "c1", 0)), "ahead");
  assertEquals(told(lab), [`c1: ${sessionWindow} ahead@1`]);
  assertEquals(lab.request(request(sessionWindow, "", "c1", 1)), "accept");
  assertEquals(told(lab), []);
});

Deno.test("§7.2d an answer names the request it settles: nobody takes another command's result for his own", () => {
  const lab = following();
  const [mine, other] = [request(0, "mine"), request(0, "another process'")];
  const chain = [entryAfter(GENESIS, 1, [mine])];
  lab.append(GENESIS, chain);
  lab.commit(endOf(chain));
  assertEquals(lab.request(other), "settled");
  const answers = lab.replies.flatMap((reply) => reply.answers);
  assertEquals(answers.map(({ request, outcome }) => [request, outcome]), [
    [sha256Hex(mine.body), "applied"],
    [sha256Hex(other.body), "conflict"],
  ]);
  assertEquals(answers[1]!.result.length, 0);
});

Deno.test("§7.2e a hello counts over the route only that its challenge was made for, in that run of the replica", () => {
  const c1 = clientId("c1");
  const routes = new Routes();
  const challenge = routes.challenge(c1, "home");
  assert(routes.isFor(c1, "home", challenge));
  assert(!routes.isFor(c1, "thief", challenge) && !routes.isFor(clientId("c2"), "home", challenge));
  assert(!new Routes().isFor(c1, "home", challenge));
  assertEquals(routes.of(c1, 0), []); // nothing is remembered of who only asks
});

Deno.test("§7.2c a restarted replica answers only after it has applied again up to its durable commit index", () => {
  const lab = following();
  const chain = grow(GENESIS, 300, 1);
  for (let i = 0; i < 300; i += 50) lab.append(i === 0 ? GENESIS : endOf(chain.slice(0, i)), chain.slice(i, i + 50));
  lab.commit(endOf(chain));
  lab.elapse(100);
  assert(told(lab).length > 0);
  lab.restart();
  lab.elapse(10);
  assert(lab.state.appliedIndex > 0 && lab.state.appliedIndex < 300);
  lab.request(request(1, "main"));
  assertEquals(told(lab), []);
  lab.elapse(100);
  assertEquals([lab.state.appliedIndex as number, told(lab)], [300, []]); // what it answered before is not answered anew
  lab.request(request(1, "main"));
  assertEquals(told(lab), ["c1: 1 applied@1"]);
});

Deno.test("§7.2b a client takes what f + 1 different replicas say alike, and no less", () => {
  const answer = (index: number, outcome: Answer["outcome"] = "applied", text = "mine"): Answer => {
    const request = sha256Hex(new TextEncoder().encode(text));
    return { request, outcome, index: logIndex(index), result: Uint8Array.of(7) };
  };
  const tellings = (...told: [string, Answer][]) => {
    const tally = createReplyTally(new Set(["r1", "r2", "r3", "r4"]), answersNeeded(4, false));
    for (const [replica, given] of told) countAnswer(tally, replica, given);
    return tally.accepted?.value.outcome ?? null;
  };
  assertEquals(tellings(["r1", answer(5)]), null);
  assertEquals(tellings(["r1", answer(5)], ["r1", answer(5)]), null);
  assertEquals(tellings(["r1", answer(5)], ["r9", answer(5)]), null);
  assertEquals(tellings(["r1", answer(5)], ["r2", answer(6)], ["r3", answer(5, "applied", "another's")]), null);
  assertEquals(tellings(["r1", answer(5)], ["r2", { ...answer(5), result: Uint8Array.of(8) }]), null);
  assertEquals(tellings(["r1", answer(5)], ["r2", answer(6)], ["r3", answer(5)]), "applied");
  assertEquals(tellings(["r1", answer(5, "expired")], ["r2", answer(9, "expired")]), "expired");
  assertEquals(tellings(["r1", answer(5, "conflict")], ["r2", answer(9, "conflict")]), null);
});

Deno.test("§7.2f of each replica the latest answer counts: a register that Q must answer, applied by two before its session was closed", () => {
  const answer = (outcome: Answer["outcome"], index: number): Answer => {
    return { request: sha256Hex(new Uint8Array(1)), outcome, index: logIndex(index), result: new Uint8Array(0) };
  };
  const tally = createReplyTally(new Set(["r1", "r2", "r3", "r4"]), answersNeeded(4, true));
  for (const replica of ["r1", "r2"]) countAnswer(tally, replica, answer("applied", 6));
  // r3 is faulty and silent; r4 came by a snapshot behind the closing, and never saw the session.
  assertEquals(countAnswer(tally, "r4", answer("void", 88)), null);
  assertEquals(countAnswer(tally, "r1", answer("void", 88)), null);
  assertEquals(countAnswer(tally, "r2", answer("void", 90))?.outcome, "void");
  assertEquals(countAnswer(tally, "r1", answer("applied", 6))?.outcome, "void", "what was taken stays");
});

Deno.test("§7.2g each process of a key gets the answers of its session and those to registers, and what it asks for again", () => {
  const lab = following();
  const [mine, opening, other] = [request(0), register(0, 1), requestIn(2, 1)];
  const chain = [entryAfter(GENESIS, 1, [mine])];
  for (const next of [opening, other]) chain.push(entryAfter(endOf(chain), 1, [next]));
  lab.append(GENESIS, chain);
  lab.commit(endOf(chain));
  const [first, second] = [mine, other].map(({ message }) => message.session);
  const [reply] = lab.replies.splice(0);
  assertEquals(reply!.answers.map(({ session }) => session), [first!, null, second!]);

  const routes = new Routes();
  for (const [i, session] of [first!, second!, ALL_SESSIONS].entries()) {
    routes.greet(reply!.client, `p${i}`, session, 0);
  }
  const got = routes.of(reply!.client, 0).map((listener) =>
    reply!.answers.filter((answer) => needs(listener, answer)).map(({ index }) => Number(index))
  );
  assertEquals(got, [[1, 2], [2, 3], [1, 2, 3]]);

  // A hello with another session was lost, and its client asks again over the same route.
  assertEquals(lab.request(other), "settled");
  const [again] = lab.replies;
  routes.asks(again!.client, "p0", 1);
  assertEquals([again!.again, routes.asking(again!.client, 1).map(({ route }) => route)], [true, ["p0"]]);
  assert(
    routes.asking(again!.client, 1).every((listener) => again!.answers.every((answer) => needs(listener, answer))),
  );
});
