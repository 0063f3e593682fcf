/** §7.3: what is held of one client, over all its sessions, and in which order it is served. */
import { assert, assertEquals } from "@std/assert";
import { sha256Hex } from "../../../crypto/digest.ts";
import type { Head, Request } from "../../../protocol/entry.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import type { Signed } from "../../../protocol/signed.ts";
import { poolRequest, takeRequests } from "../../../replica/core/clients/request_pool.ts";
import type { Intervention } from "../../../replica/core/clients/request_state.ts";
import { itemsOf } from "../../../replica/core/clients/waiting.ts";
import { numberOf, SESSION } from "../../support/numbered_requests.ts";
import { ElectionLab } from "../support/election_lab.ts";
import { endOf, entryAfter, GENESIS, knownOf, register, request, requestIn } from "../support/forge.ts";

const PATIENCE_MS = 2000;
const W = 16;

const head = ({ state }: ElectionLab): Head => state.log.entries.length > 0 ? endOf(state.log.entries) : GENESIS;

/** The leader orders `requests` in one entry, and it is committed and applied here. */
function serve(lab: ElectionLab, ...requests: Signed<Request>[]): void {
  const after = head(lab);
  const chain = [entryAfter(after, lab.state.hard.currentTerm, requests)];
  lab.append(after, chain);
  lab.commit(endOf(chain));
}

/** A follower of r2 with sessions 1, 2 and 3 of c1 open. */
function following(): ElectionLab {
  const lab = new ElectionLab();
  lab.follow("r2", 1);
  serve(lab);
  serve(lab, register(0, 2));
  serve(lab, register(0, 3));
  return lab;
}

/** `session/seq` of a command, and the base of a register. */
const nameOf = ({ message }: Signed<Request>): string =>
  message.kind === "SendRequest" ? `${message.session}/${message.seq}` : `register ${message.base}`;
const held = (lab: ElectionLab): string[] =>
  [...lab.state.requests.interventions.values()].flatMap((waiting) =>
    [...itemsOf(waiting)].map(({ request }) => nameOf(request))
  );
const waited = (lab: ElectionLab): string[] =>
  [...lab.state.requests.interventions.values()].flatMap((waiting) =>
    [...itemsOf(waiting)].filter(({ deadline }: Intervention) => deadline !== null).map(({ request }) =>
      nameOf(request)
    )
  );

Deno.test("§7.3c the lowest seq of each session gets in, however many another session of the client has sent", () => {
  const lab = following();
  for (let seq = 1; seq <= W; seq++) lab.request(requestIn(2, seq));
  assertEquals(lab.request(requestIn(3, 9)), "accept");
  assertEquals(lab.request(requestIn(1, 5)), "accept");
  assertEquals([held(lab).length, held(lab).slice(-3)], [W, ["2/14", "3/9", "1/5"]]);
  // Each may hold its share; beyond that only a lower seq gets in, for a higher one of its own session.
  for (let seq = 20; seq > 5; seq--) lab.request(requestIn(1, seq, "c1", seq));
  const counts = [1, 2, 3].map((session) => held(lab).filter((name) => name.startsWith(`${session}/`)).length);
  assertEquals(counts, [5, 10, 1]);
  assertEquals(lab.request(requestIn(2, 14)), "over-quota");
  assertEquals(lab.request(requestIn(1, 3)), "accept");
  assert(held(lab).includes("1/3") && held(lab).length === W);
});

Deno.test("§7.3c within a session a lower seq takes the place of the highest, and not the other way round", () => {
  const lab = following();
  for (let seq = 2; seq <= W + 1; seq++) lab.request(requestIn(2, seq, "c1", 2));
  assertEquals([lab.request(requestIn(2, 18, "c1", 9)), lab.request(requestIn(2, 1))], ["over-quota", "accept"]);
  assertEquals([held(lab).length, held(lab).includes("2/17"), held(lab).includes("2/1")], [W, false, true]);
});

Deno.test("§7.3c a leader takes a client's sessions in turn and a session's seqs ascending, though one sends much more", () => {
  const lab = following();
  const { state } = lab;
  for (const seq of [5, 4, 3, 2]) poolRequest(state, knownOf(requestIn(2, seq)));
  for (const seq of [9, 8]) poolRequest(state, knownOf(requestIn(3, seq)));
  poolRequest(state, knownOf(request(0, "", "c2")));
  const take = (perEntry: number) =>
    takeRequests(lab, 1, () => LIMITS.maxEntryBytes / (perEntry + 1)).map(nameOf).join(" ");
  assertEquals(take(3), "2/2 1/1 3/8");
  assertEquals(take(1), "2/3");
  assertEquals(take(1), "3/9");
  state.requests.proposed.clear(); // as if those had been applied
  assertEquals(take(5), "2/4 2/5");
});

Deno.test("§7.3b patience runs for the lowest seq held of each session, and begins when it comes to be that", () => {
  const lab = following();
  for (const [session, seq] of [[2, 3], [2, 5], [3, 2]] as const) lab.request(requestIn(session, seq));
  assertEquals(waited(lab), ["2/3", "3/2"]);
  assert(lab.trusts(1000));
  lab.request(requestIn(2, 2)); // now it is this one
  assertEquals(waited(lab), ["2/2", "3/2"]);
  serve(lab, requestIn(3, 2));
  const since = lab.now;
  lab.trusts(100_000);
  assert(lab.now - since >= PATIENCE_MS && lab.now - since < PATIENCE_MS + 100, `${lab.now - since}`);
});

Deno.test("§7.3f a leader that executes lower seqs of a session is coming to the next: patience restarts each time", () => {
  const lab = following();
  lab.request(requestIn(2, 15));
  for (let seq = 1; seq < 15; seq++) {
    assert(lab.trusts(PATIENCE_MS - 100), `suspected before seq ${seq}`);
    serve(lab, requestIn(2, seq));
  }
  assert(!lab.trusts(PATIENCE_MS + 100), "then it is this one's turn");
});

Deno.test("§7.3f what a faulty leader only repeats is no progress: not an old command, not one of another session", () => {
  const lab = following();
  serve(lab, requestIn(2, 1));
  lab.request(requestIn(2, 15));
  const since = lab.now;
  for (let i = 1; i < 10 && lab.trusts(500); i++) {
    serve(lab, requestIn(2, 1), requestIn(3, i), requestIn(2, 40, "c1", 1));
  }
  assert(lab.now - since < PATIENCE_MS + 100, `the leader had ${lab.now - since} ms`);
});

Deno.test("§7.3 a request of a session that is closed meanwhile falls out: the leader cannot serve it any more", () => {
  const lab = following();
  lab.request(requestIn(2, 1));
  for (let i = 0; i < 4; i++) serve(lab, register(3, 10 + i));
  assertEquals(held(lab), []);
  assert(lab.trusts(10_000));
});

Deno.test("§7.3b a request that rests on what is not applied here is not held: no leader need know that either", () => {
  const lab = following();
  assertEquals([lab.request(requestIn(4, 1)), lab.request(register(4))], ["session-ahead", "base-ahead"]);
  assertEquals([held(lab), lab.trusts(10_000)], [[], true]);
  // Nor is one that rests on entries that are in the log only.
  const chain = [entryAfter(head(lab), 1, [register(0, 4)])];
  lab.append(head(lab), chain);
  assertEquals([lab.request(requestIn(4, 1)), lab.request(register(4))], ["session-ahead", "base-ahead"]);
  assertEquals(held(lab), []);
  lab.commit(endOf(chain));
  assertEquals([lab.request(requestIn(4, 1)), lab.request(register(4))], ["accept", "accept"]);
});

Deno.test("§7.3g a register is as protected as a command: a leader that does not order it is suspected", () => {
  const lab = following();
  lab.request(register(2, 7));
  const since = lab.now;
  lab.trusts(100_000);
  assert(lab.now - since >= PATIENCE_MS && lab.now - since < PATIENCE_MS + 100, `${lab.now - since}`);
  assertEquals(lab.take("ForwardedRequest").map(({ packet }) => nameOf(packet.signed)).at(-1), "register 2");
});

Deno.test("§7.3c of a client's registers the S with the lowest bases are held", () => {
  const lab = following();
  for (const base of [3, 2, 3, 2]) lab.request(register(base, 50 + base + lab.now++ % 7));
  assertEquals(held(lab), ["register 3", "register 2", "register 3", "register 2"]);
  assertEquals(lab.request(register(1, 60)), "accept");
  assertEquals(held(lab).toSorted(), ["register 1", "register 2", "register 2", "register 3"]);
  assertEquals(lab.request(register(3, 255)), "over-quota");
});

/** A follower that has applied nine entries, and a register of base 9 under patience. */
function registering(): ElectionLab {
  const lab = following();
  for (let i = 0; i < 6; i++) serve(lab);
  assertEquals(lab.request(register(9, 7)), "accept");
  return lab;
}
const better = (i: number) => register(8, 10 + i);

Deno.test("§7.3i a register falls out, and nobody is suspected, once S better ones opened sessions since it was held", () => {
  const lab = registering();
  for (let i = 0; i < 4; i++) {
    assertEquals(held(lab), ["register 9"]);
    assert(lab.trusts(PATIENCE_MS - 100));
    serve(lab, better(i));
  }
  assertEquals(held(lab), []);
  assert(lab.trusts(10_000));
  assertEquals(lab.request(register(9, 7)), "accept");
});

Deno.test("§7.3i a register that is only repeated, or comes behind, opens nothing before this one: the leader goes", () => {
  const lab = registering();
  serve(lab, better(0));
  const since = lab.now;
  for (let i = 0; i < 10 && lab.trusts(500); i++) serve(lab, better(0), better(0), register(10, 250));
  assertEquals(held(lab), ["register 9"]);
  assert(lab.now - since < PATIENCE_MS + 100, `the leader had ${lab.now - since} ms`);
});

Deno.test("§7.3i a register that the next entry is too late for is not ordered: it would open nothing and go before others", () => {
  const lab = new ElectionLab({ constants: { registrationHorizon: 32 } });
  lab.lead(1);
  for (let i = 0; i < 2 * W; i++) {
    lab.feed({ kind: "ForwardedRequest", signed: request(i % W, "", i < W ? "c1" : "c2") });
    lab.commit(endOf(lab.state.log.entries));
  }
  const { state } = lab;
  assertEquals(state.log.entries.length, 1 + 2 * W);
  for (const base of [1, 2]) assertEquals(poolRequest(state, knownOf(register(base, 77))), true);
  assertEquals(takeRequests(lab, 1, () => 100).map(nameOf), ["register 2"]); // the next index is 34
});

Deno.test("§7.3c §7.1c an entry takes one register of a client, and of several the best", () => {
  const lab = following();
  const { state } = lab;
  for (const base of [3, 1, 2]) poolRequest(state, knownOf(register(base, 90)));
  poolRequest(state, knownOf(register(2, 90, "c2")));
  const take = () =>
    takeRequests(lab, 1, () => 100).map(({ message }) => `${message.client} ${nameOf({ message } as Signed<Request>)}`);
  assertEquals(take(), ["c1 register 1", "c2 register 2"]);
  assertEquals([take(), take()], [["c1 register 2"], ["c1 register 3"]]);
});

Deno.test("§7.3a a leader forgets what is settled, and does not order it again", () => {
  const lab = new ElectionLab();
  lab.lead(1);
  const first = request(0);
  lab.request(first);
  lab.commit(endOf(lab.state.log.entries));
  assertEquals(lab.request(first), "settled");
  const ordered = lab.state.log.entries.flatMap(({ entry }) =>
    (entry.requests ?? []).map(({ body }) => numberOf(sha256Hex(body)))
  );
  assertEquals([ordered, Number(SESSION)], [["0"], 1]);
});
