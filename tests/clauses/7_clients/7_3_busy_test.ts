/** §7.3: a leader that has too much to do says so, and what its clients make of that. */
import { assert, assertEquals } from "@std/assert";
import { noteLeader } from "../../../client/session/leader_cache.ts";
import {
  createSession,
  noteBusy,
  noteHeight,
  type Session,
  type SessionEffect,
  settle,
  submit,
  tick,
} from "../../../client/session/session.ts";
import { clientId, logIndex } from "../../../protocol/ids.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import type { BusyAnswer } from "../../../protocol/message.ts";
import { waitOf } from "../../../protocol/reply.ts";
import { poolRequest } from "../../../replica/core/clients/request_pool.ts";
import { noteServed, noteService, turnedAwayFor } from "../../../replica/core/clients/service.ts";
import { INGRESS_LIMITS } from "../../../replica/limits/ingress_limits.ts";
import { encodePacket } from "../../../transport/codec/mod.ts";
import { sends, SESSION_CONFIG } from "../../client/session_lab.ts";
import { ingressLab } from "../../support/ingress_lab.ts";
import { numberedRequest, openSessions, SESSION } from "../../support/numbered_requests.ts";
import { replierLab } from "../../support/replier_lab.ts";
import { ElectionLab } from "../support/election_lab.ts";
import { knownOf, register, requestIn } from "../support/forge.ts";

const PATIENCE_MS = 2000;
const SLOW_MS = PATIENCE_MS / 8;
const c1 = clientId("c1");

/** A leader with ten commands of c1's session waiting from time 0 on, `served` others of which were executed since. */
function loaded(served: number) {
  const lab = new ElectionLab();
  lab.follow("r2", 1);
  const { state } = lab;
  state.view.role = "leader";
  for (let seq = 1; seq <= 10; seq++) poolRequest(state, knownOf(requestIn(SESSION, seq)));
  noteService(state, 0);
  for (let i = 0; i < served; i++) noteServed(state, c1);
  state.requests.quickestMs = 5;
  const wait = (message: Parameters<typeof turnedAwayFor>[1], now = SLOW_MS + 1) => turnedAwayFor(state, message, now);
  return { state, wait };
}

const next = requestIn(SESSION, 11).message;

Deno.test("§7.3k a client is turned away once one of its requests takes long, and all of them would take longer", () => {
  const { state, wait } = loaded(2);
  assertEquals(wait(next, SLOW_MS), null, "a burst alone is no load");
  const waitMs = 10 * (SLOW_MS + 1) / 2;
  assertEquals(wait(next), waitMs / 2);
  assertEquals(wait(requestIn(SESSION, 12, "c2").message), null, "others are served");
  for (let i = 0; i < 10; i++) noteServed(state, c1);
  assertEquals(wait(next), null, "at this pace they are executed in time");
  noteService(state, SLOW_MS + 1);
  assertEquals(wait(next, SLOW_MS + 2), null);
});

Deno.test("§7.3k where the quickest request takes long too, it is the way that is long", () => {
  const { state, wait } = loaded(2);
  const waitMs = 10 * (SLOW_MS + 1) / 2;
  state.requests.quickestMs = waitMs / 4;
  assertEquals(wait(next), null);
  state.requests.quickestMs = Infinity;
  assertEquals(wait(next), null, "nothing was measured yet");
  state.requests.quickestMs = waitMs / 4 - 1;
  assert(wait(next) !== null);
});

Deno.test("§7.3k the quickest is the least time that a request took", () => {
  const { state } = loaded(10);
  state.requests.quickestMs = Infinity;
  noteService(state, 40);
  for (let i = 0; i < 10; i++) noteServed(state, c1);
  noteService(state, 100);
  assertEquals(state.requests.quickestMs, 40);
});

Deno.test("§7.3k the pace is that of late", () => {
  const { state, wait } = loaded(1000);
  for (let now = 100; now < 6 * PATIENCE_MS; now += 100) {
    noteService(state, now);
    noteServed(state, c1);
  }
  assert(wait(next, 6 * PATIENCE_MS) !== null, "ten a second, and ten wait");
});

Deno.test("§7.3l nobody is turned away with the lowest seq of a session, with a register or with what is held", () => {
  const { state, wait } = loaded(2);
  assertEquals([wait(requestIn(SESSION, 10).message), wait(register(0, 1).message)], [null, null]);
  state.requests.pool.get(c1)!.get(SESSION)!.clear();
  state.requests.proposed.set(c1, new Set(Array.from({ length: 10 }, (_, i) => `other ${i}`)));
  assert(wait(requestIn(SESSION, 2).message) !== null);
  assertEquals(wait(requestIn(SESSION, 1).message), null);
});

Deno.test("§7.3l a leader that executes nothing, none of late, or none any more, turns nobody away", () => {
  assertEquals(loaded(0).wait(next), null);
  assertEquals(loaded(2).wait(next, PATIENCE_MS + 1), null);
  const { state, wait } = loaded(2);
  state.view.role = "follower";
  assertEquals(wait(next), null);
});

/** Ingress of a leader that is too busy for c1. */
function busyIngress() {
  const lab = ingressLab();
  openSessions(lab.state.sessions, [c1]);
  lab.state.appliedIndex = SESSION;
  lab.state.view.role = "leader";
  for (let i = 0; i < 10; i++) {
    const message = numberedRequest("c1", i, 0, Uint8Array.of(i));
    poolRequest(lab.state, knownOf(lab.sign("c1", message)));
  }
  noteService(lab.state, 0);
  noteServed(lab.state, c1);
  lab.state.requests.quickestMs = 5;
  const signed = lab.sign("c1", numberedRequest("c1", 20, 0, Uint8Array.of(20)));
  return { ...lab, signed };
}

Deno.test("§7.3m what is turned away costs no signature; §7.3l under intervention it is taken", () => {
  const lab = busyIngress();
  assertEquals(lab.send("client", { kind: "SendRequest", signed: lab.signed }, SLOW_MS + 1, "aa"), null);
  assertEquals([lab.work.verified, lab.refused()], [0, { "busy:SendRequest": 1 }]);
  assertEquals(lab.busy, [{ route: "aa", waitMs: PATIENCE_MS / 2 }]);
  assertEquals(lab.send("client", { kind: "UpdateLeader", signed: lab.signed }, SLOW_MS + 1)?.kind, "request");
  assertEquals([lab.work.verified, lab.busy.length], [1, 1]);
});

Deno.test("§7.3m requests beyond a quota or a rate are answered too, with the shortest wait", () => {
  const lab = busyIngress();
  const { sessionsPerClient, heartbeatMs } = lab.state.config.constants;
  const registering = (base: number, nonce: number) =>
    lab.sign("c1", {
      ...{ kind: "RegisterSession", client: c1, base: logIndex(base) },
      nonce: new Uint8Array(LIMITS.nonceBytes).fill(nonce),
    });
  for (let i = 0; i < sessionsPerClient; i++) poolRequest(lab.state, knownOf(registering(0, i)));
  lab.send("client", { kind: "RegisterSession", signed: registering(1, 99) });
  assertEquals([lab.busy, lab.work.verified], [[{ route: "aa", waitMs: heartbeatMs }], 0]);
  const held = lab.sign("c1", numberedRequest("c1", 0, 0, Uint8Array.of(0)));
  for (let i = 0; i <= INGRESS_LIMITS.requestBurst; i++) lab.send("client", { kind: "SendRequest", signed: held });
  assertEquals([lab.busy.length, lab.refused()["rate:SendRequest"]], [2, 1]);
});

Deno.test("§7.3m packets for which there is no room are answered while they are few", () => {
  const lab = busyIngress();
  const frames = encodePacket({ kind: "SendRequest", signed: lab.signed });
  for (let i = 0; i < 2 * INGRESS_LIMITS.busyBurst; i++) {
    lab.ingress.overflowed({ channel: "client", route: "aa", frames }, 0);
  }
  assertEquals([lab.busy.length, lab.work.verified], [INGRESS_LIMITS.busyBurst, 0]);
});

Deno.test("§7.3m busy goes to routes its client greeted from, in the Reply of the run, and at a rate", () => {
  const lab = replierLab();
  lab.state.view.role = "leader";
  lab.busy("c1", "c1", 1, 250);
  lab.busy("c1", "elsewhere", 2, 250);
  lab.reply("c2", [lab.answer(3, 10)]);
  assertEquals([lab.signed(), lab.parts()], [1, [2, 2]]);
  const [told] = lab.sent().filter(({ route }) => route === "c1");
  const [answer] = told!.packet.part.message.answers;
  assert(lab.proves(told!.packet));
  assertEquals([answer?.outcome, waitOf(answer as BusyAnswer)], ["busy", 250]);
  lab.forget();
  for (let i = 0; i < 2 * INGRESS_LIMITS.busyBurst; i++) lab.busy("c1", "c1", i, 250);
  lab.flush();
  const { answers } = lab.sent()[0]!.packet.part.message;
  assertEquals([lab.sent().length, answers.length, lab.signed()], [1, INGRESS_LIMITS.busyBurst - 1, 2]);
  assert(answers.length <= LIMITS.maxAnswers);
  assertEquals(lab.replies("elsewhere"), []);
});

Deno.test("§7.3m a replica that does not lead says nothing of the kind", () => {
  const lab = replierLab();
  lab.busy("c1", "c1", 1, 250);
  lab.flush();
  assertEquals([lab.sent(), lab.signed()], [[], 0]);
});

/** A client that believes r2 to lead, with four requests of one session under way, numbered from 2 on, sent at time 0. */
function client(): Session {
  const session = createSession({ ...SESSION_CONFIG, maxQueued: 100 });
  for (const replica of ["r1", "r2"]) noteHeight(session, replica, 30, 0);
  for (const replica of ["r1", "r3"]) noteLeader(session.leader, replica, 4, "r2");
  for (let ticket = 1; ticket <= 8; ticket++) {
    submit(session, { ticket, size: 10, deadlineAt: 10_000, repeatable: false }, 0);
  }
  settle(session, { request: 1, outcome: "applied", executed: 0, index: logIndex(40) }, 0);
  assertEquals([...session.outstanding.keys()], [2, 3, 4, 5]);
  return session;
}

/** Lets time pass until `end`, and returns what was sent of `request`, and when. */
function sent(session: Session, request: number, end: number) {
  const all: [number, Omit<Extract<SessionEffect, { readonly effect: "send" }>, "effect" | "request">][] = [];
  for (let now = 0; now <= end; now += 10) {
    for (const { effect: _, request: number, ...rest } of sends(tick(session, now))) {
      if (number === request) all.push([now, rest]);
    }
  }
  return all;
}

Deno.test("§7.3n a request that the leader turned away is sent to it again, alone, after the wait and a part more", () => {
  const session = client();
  noteBusy(session, "r2", 2, 60, 0);
  const [[at, how]] = sent(session, 2, 130) as [[number, object]];
  assert(at >= 60 && at <= 120, `sent again after ${at} ms`);
  assertEquals(how, { to: "r2", intervention: false });
});

Deno.test("§7.3n a wait is no longer than that before an intervention", () => {
  const session = client();
  noteBusy(session, "r2", 3, 1e9, 0);
  const { retryAt } = session.outstanding.get(3)!;
  const { afterMs } = SESSION_CONFIG.intervention;
  assert(retryAt >= afterMs && retryAt <= 2 * afterMs, `${retryAt}`);
});

Deno.test("§7.3n a client whose leader is busy has half as many requests under way, and one more for each round of answers", () => {
  const session = client();
  for (const request of [2, 3, 4, 5]) noteBusy(session, "r2", request, 100, 0);
  assertEquals(session.pace.limit, 2, "what is said together counts once");
  const answered = (request: number) =>
    settle(session, { request, outcome: "applied", executed: 1, index: logIndex(50) }, 10);
  for (const request of [2, 3]) answered(request);
  assertEquals([...session.outstanding.keys()], [4, 5], "nothing new before there is room");
  assert(session.pace.limit > 2.8 && session.pace.limit < 3);
  answered(4);
  assertEquals([...session.outstanding.keys()], [5, 6, 7]);
});

Deno.test("§7.3n requests beyond what may be under way wait for those before them", () => {
  const session = client();
  for (const request of [2, 3, 4, 5]) noteBusy(session, "r2", request, 50, 0);
  assertEquals([sent(session, 5, 200), session.outstanding.get(5)!.turnedAway], [[], true]);
});

Deno.test("§7.3o busy of a replica that is not believed to lead delays nothing", () => {
  const [session, untold] = [client(), client()];
  for (let now = 0; now < 100; now++) noteBusy(session, "r4", 3, 1000, now);
  assertEquals(session.pace, untold.pace);
  assertEquals(sent(session, 3, 250), sent(untold, 3, 250));
});

Deno.test("§7.3o a leader that is busy for ever has the same time for the lowest seq of a session as a silent one", () => {
  const { afterMs } = SESSION_CONFIG.intervention;
  const session = client();
  const interventions = (request: number, end: number) => {
    for (let now = 0; now <= end; now += 10) {
      for (const effect of sends(tick(session, now))) {
        if (effect.intervention && effect.request === request) return now;
        noteBusy(session, "r2", effect.request, 40, now);
      }
      if (now === 0) { for (const each of [2, 3, 4, 5]) noteBusy(session, "r2", each, 40, now); }
    }
    return null;
  };
  assertEquals([interventions(2, 2 * afterMs), session.outstanding.get(3)!.timer.fired], [afterMs, 0]);
  // Once it is the lowest, its turn comes too, however often the leader is busy.
  settle(session, { request: 2, outcome: "applied", executed: 1, index: logIndex(50) }, afterMs);
  const second = interventions(3, 10 * afterMs);
  assert(second !== null && second <= 4 * afterMs, `${second}`);
});
