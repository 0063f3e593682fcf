import { assert, assertEquals } from "@std/assert";
import { createSession, submit, tick } from "../../../client/session/session.ts";
import { clientId } from "../../../protocol/ids.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import { noteResult } from "../../../replica/core/clients/fair_share.ts";
import { poolRequest, takeRequests } from "../../../replica/core/clients/request_pool.ts";
import { judgedTime } from "../../../replica/core/offices/judged_clock.ts";
import { holdShown } from "../../../replica/core/offices/shown.ts";
import { sends, SESSION_CONFIG } from "../../client/session_lab.ts";
import { copyOf, endOf, knownOf, register, request, requestIn } from "../support/forge.ts";
import { PACE_MS, PaceLab } from "../support/pace_lab.ts";

const [c1, c2] = ["c1", "c2"].map(clientId) as [ReturnType<typeof clientId>, ReturnType<typeof clientId>];

const NEVER = { baseMs: 1e9, capMs: 1e9, jitter: 0 };

const shownOf = ({ state }: PaceLab, client = c1) => state.pace.shown.get(client);

Deno.test("§14.7a a client shows its lowest seq to all half a pace after it, and again once a pace, beside its repeats", () => {
  const session = createSession({
    ...SESSION_CONFIG,
    retry: NEVER,
    intervention: { afterMs: 1e9, backoff: NEVER },
    showAfterMs: PACE_MS / 2,
  });
  session.current = { id: 1, floor: 1, nextSeq: 1, open: new Set() };
  session.leader.likely = "r2";
  for (const ticket of [1, 2]) submit(session, { ticket, size: 10, deadlineAt: Infinity, repeatable: false }, 0);
  const shown = [];
  for (let now = 0; now <= 2 * PACE_MS; now += 10) {
    for (const sent of sends(tick(session, now))) shown.push([now, sent]);
  }
  const sent = { effect: "send", request: 1, to: "all", intervention: false };
  assertEquals(shown, [[PACE_MS / 2, sent], [1.5 * PACE_MS, sent]]);
});

Deno.test("§14.7b a command that is the lowest by the replica's own table is held and passed on with a back-off", () => {
  const lab = PaceLab.following({ electionTimeoutMs: 400 });
  assertEquals(lab.show(request(0)), "accept");
  assertEquals(lab.passedOn(), ["c1 1 to r2"], "at once");
  for (let i = 0; i < 5; i++) lab.show(request(0));
  assertEquals(lab.passedOn(), [], "a repeat is not passed on anew");
  lab.elapse(90);
  const from = lab.now - 90;
  lab.elapse(700);
  assertEquals(lab.take("ForwardedRequest").map(({ at }) => at - from), [100, 300, 700]);
});

Deno.test("§14.7b what is not the lowest, whatever its floor, a second one, and a register are passed on as ever and held by nobody", () => {
  const lab = PaceLab.following();
  for (const other of [request(3), request(99, "", "c1", 99), register(0)]) {
    assertEquals(lab.show(other), "accept");
    assertEquals(lab.state.pace.shown.size, 0);
  }
  assertEquals(lab.passedOn(), ["c1 4 to r2", "c1 100 to r2", "c1 register to r2"]);
  lab.show(request(0));
  lab.show(copyOf(request(0).message, Uint8Array.of(1, 2)));
  assertEquals(lab.passedOn().length, 2);
  assertEquals(shownOf(lab)?.digest, knownOf(request(0)).digest);
  lab.elapse(2000);
  const passed = lab.take("ForwardedRequest").map(({ packet }) => packet.signed);
  assert(passed.length > 3 && passed.every((each) => knownOf(each).digest === knownOf(request(0)).digest));
});

Deno.test("§14.7c it counts from when it was passed on to the present leader, and not before", () => {
  const lab = new PaceLab();
  lab.show(request(0));
  assertEquals([lab.passedOn(), shownOf(lab)?.since], [[], null], "there is no leader");
  lab.elapse(5 * PACE_MS);
  lab.follow("r2", 1);
  lab.elapse(10);
  assertEquals([lab.passedOn(), shownOf(lab)?.since], [["c1 1 to r2"], judgedTime(lab.state, lab.now)]);
  lab.elapse(300);
  lab.change("r3", 2);
  assertEquals(shownOf(lab)?.since, null);
  lab.passedOn();
  lab.elapse(10);
  assertEquals([lab.passedOn(), shownOf(lab)?.since], [["c1 1 to r3"], judgedTime(lab.state, lab.now)]);
});

Deno.test("§14.7c half of the pace of passing on is for what is shown; what that keeps back does not count yet", () => {
  const lab = PaceLab.following();
  for (let i = 0; i < LIMITS.forwardBurst; i++) lab.show(request(7));
  assertEquals(lab.passedOn().length, (1 - LIMITS.shownShare) * LIMITS.forwardBurst);
  assertEquals(lab.show(request(7)), "passed-on-enough");
  lab.show(request(0));
  assertEquals(lab.passedOn(), ["c1 1 to r2"], "others used up their half alone");

  lab.state.requests.forwardingShown.left = 0;
  lab.show(request(0, "", "c2"));
  assertEquals([lab.passedOn(), shownOf(lab, c2)?.since], [[], null]);
  lab.elapse(1000 / (LIMITS.shownShare * LIMITS.forwardsPerSecond));
  assertEquals([lab.passedOn(), shownOf(lab, c2)?.since], [["c2 1 to r2"], judgedTime(lab.state, lab.now)]);
});

Deno.test("§14.7c what is shown goes clients in turn where its half is used up", () => {
  const lab = PaceLab.following({ electionTimeoutMs: 10, heartbeatMs: 1 });
  lab.show(request(0));
  lab.show(request(0, "", "c2"));
  lab.state.requests.forwardingShown.left = 0;
  lab.passedOn();
  lab.wait(60, () => false);
  assertEquals(lab.passedOn().slice(0, 4).map((line) => line.slice(0, 2)), ["c1", "c2", "c1", "c2"]);
});

Deno.test("§14.7c an intervention shows its request too, and is passed on once for both", () => {
  const lab = PaceLab.following();
  lab.request(request(0));
  lab.elapse(90);
  assertEquals(lab.passedOn(), ["c1 1 to r2"]);
  assert(shownOf(lab)?.since !== null);
});

/** A leader whose no-op is committed. */
function leading(): PaceLab {
  const lab = new PaceLab({ electionTimeoutMs: 1000, electionTimeoutCapMs: 1000 });
  lab.lead(1);
  lab.commit(endOf(lab.state.log.entries));
  return lab;
}

Deno.test("§14.7c at a leader it counts from when its client repeats it, or another replica passes it on", () => {
  const lab = leading();
  lab.show(request(0));
  lab.show(request(0, "", "c2"));
  assertEquals(lab.state.pace.shown.size, 0, "what comes first is not shown");
  lab.elapse(200);
  lab.show(request(0));
  assertEquals(shownOf(lab)?.since, judgedTime(lab.state, lab.now));
  const passedOn = { kind: "ForwardedRequest", signed: request(0, "", "c2") } as const;
  assertEquals(lab.feed(passedOn), "accept", "though it has it");
  assertEquals(shownOf(lab, c2)?.since, judgedTime(lab.state, lab.now));
  assertEquals(lab.feed(passedOn), "known-request", "once");
});

Deno.test("§14.7d neither the log nor a certificate nor the leader's word ends the wait, but the commit here does", () => {
  const lab = PaceLab.following();
  lab.show(request(0));
  const head = lab.order(request(0));
  assertEquals(shownOf(lab)?.committed, false);
  lab.prepare(head);
  assertEquals([lab.state.prepared.index, shownOf(lab)?.committed], [head.index, false]);
  assert(lab.wait(2 * PACE_MS, () => lab.suspects));

  const other = PaceLab.following();
  other.show(request(0));
  other.elapse(1.2 * PACE_MS);
  other.commit(other.order(request(0)));
  assertEquals(shownOf(other), undefined, "committed and executed");
  assert(!other.wait(5 * PACE_MS, () => other.suspects));
});

Deno.test("§14.7d what is committed waits no more though it is executed late, by its seq, whatever the command", () => {
  const lab = PaceLab.following();
  lab.show(request(0));
  lab.elapse(PACE_MS);
  lab.state.appliedIndex = 5 as never; // as if this replica came to apply nothing
  lab.commit(lab.order(copyOf(request(0).message, Uint8Array.of(1, 2))));
  assertEquals(shownOf(lab)?.committed, true);
  lab.elapse(5 * PACE_MS);
  assert(!lab.suspects);
});

Deno.test("§14.7d a request that is shown when it is committed already does not wait", () => {
  const lab = PaceLab.following();
  lab.state.appliedIndex = 5 as never;
  lab.commit(lab.order(request(0)));
  lab.state.appliedIndex = 0 as never;
  const context = lab.context();
  assert(holdShown(context, knownOf(request(0))));
  assertEquals([shownOf(lab)?.committed, lab.passedOn()], [true, []]);
});

/** Clients in the order in which the next entry takes their requests, with session and seq. */
const nextEntry = (lab: PaceLab): string[] =>
  takeRequests(lab, 1, () => 100).map(({ message }) =>
    message.kind === "SendRequest" ? `${message.client}/${message.session}/${message.seq}` : "register"
  );

const pool = (lab: PaceLab, ...requests: ReturnType<typeof request>[]): void =>
  requests.forEach((each) => assert(poolRequest(lab.state, knownOf(each))));

Deno.test("§14.7e what was shown is in the next entry, before its client's others and beyond its share", () => {
  const lab = leading();
  const own = Array.from({ length: 12 }, (_, i) => request(i));
  pool(lab, ...own, requestIn(2, 1), request(0, "", "c2"));
  assertEquals(nextEntry(lab), ["c1/1/1", "c2/1/1", "c1/2/1", "c1/1/2", "c1/1/3"], "its share is 4");
  pool(lab, requestIn(3, 1));
  assertEquals(nextEntry(lab), [], "no share is left");
  holdShown(lab.context(), knownOf(requestIn(3, 1)));
  assertEquals(nextEntry(lab), ["c1/3/1"]);

  const other = leading();
  pool(other, ...own, requestIn(2, 1), request(0, "", "c2"));
  holdShown(other.context(), knownOf(requestIn(2, 1)));
  holdShown(other.context(), knownOf(request(0, "", "c2")));
  assertEquals(nextEntry(other).slice(0, 3), ["c1/2/1", "c2/1/1", "c1/1/1"]);
});

Deno.test("§14.7e of a client that owes nothing is taken before its turn, though it is shown", () => {
  const lab = leading();
  for (let i = 0; i < 100; i++) noteResult(lab.state, c1, LIMITS.maxResultBytes, lab.now);
  pool(lab, request(0), request(0, "", "c2"));
  holdShown(lab.context(), knownOf(request(0)));
  assertEquals(nextEntry(lab), ["c2/1/1"]);
});
