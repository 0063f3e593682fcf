import { assert, assertEquals } from "@std/assert";
import type { Head } from "../../../protocol/entry.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import type { Request } from "../../../protocol/message.ts";
import type { Signed } from "../../../protocol/signed.ts";
import { ElectionLab } from "../support/election_lab.ts";
import { appendEntries, electionProof, endOf, entryAfter, GENESIS, request } from "../support/forge.ts";

const PATIENCE_MS = 2000;

/** Returns r1, follower of r2 in term 1. */
function following(): ElectionLab {
  const lab = new ElectionLab();
  lab.follow("r2", 1);
  return lab;
}

const head = ({ state }: ElectionLab): Head => state.log.entries.length > 0 ? endOf(state.log.entries) : GENESIS;

/** Has the leader order `requests` in one entry, which is committed and applied here. */
function serve(lab: ElectionLab, ...requests: Signed<Request>[]): void {
  const after = head(lab);
  const chain = [entryAfter(after, lab.state.hard.currentTerm, requests)];
  lab.append(after, chain);
  lab.commit(endOf(chain));
}

/** Elects another replica, with the log as it stands here. */
function changeLeader(lab: ElectionLab, leader: string): void {
  const term = lab.state.hard.currentTerm + 1;
  lab.feed(appendEntries(leader, term, [], { prev: head(lab), proof: electionProof(leader, term, lab.peers) }));
  assertEquals(lab.state.view.leader, leader);
}

/** Returns how long a request new now is pending until the leader is suspected, up to `ms`. */
function patience(lab: ElectionLab, ms = 100_000): number {
  const since = lab.now;
  lab.trusts(ms);
  return lab.now - since;
}

/** Asserts that `ms` is what was `wanted`, to the tick. */
const assertPatience = (ms: number, wanted: number, what: string) =>
  assert(ms >= wanted && ms <= wanted + 20, `${what}: patience was ${ms} ms, wanted ${wanted}`);

Deno.test("§7.3 a request under intervention is forwarded to the leader, repeated with back-off, until it is settled", () => {
  const lab = following();
  const from = lab.now;
  lab.request(request(0));
  lab.trusts(1900);
  const sent = lab.take("ForwardedRequest");
  assertEquals(sent.map(({ at, to }) => [at - from, to]), [10, 110, 310, 710, 1510].map((at) => [at, ["r2"]]));
  serve(lab, request(0));
  lab.trusts(5000);
  assertEquals(lab.take("ForwardedRequest"), []);
});

Deno.test("§7.3 a leader passes it to itself: an intervention at the leader is ordered", () => {
  const lab = new ElectionLab();
  lab.lead(1);
  lab.request(request(0));
  const ordered = () => lab.state.log.entries.flatMap(({ entry }) => entry.requests ?? []).length;
  assertEquals(ordered(), 1);
  lab.request(request(0));
  lab.feed({ kind: "ForwardedRequest", signed: request(0) });
  lab.elapse(500);
  assertEquals(ordered(), 1); // however often it is told
});

Deno.test("§7.3 on expiry of its patience it suspects the leader; a request sent normally starts none", () => {
  const lab = following();
  lab.request(request(0), false);
  assertEquals(patience(lab, 10_000), 10_000);
  lab.request(request(0));
  assertPatience(patience(lab), PATIENCE_MS, "intervention");
});

Deno.test("§7.3 a new leader gets it forwarded, and patience starts again", () => {
  const lab = following();
  lab.request(request(0));
  patience(lab);
  lab.take("ForwardedRequest");
  changeLeader(lab, "r3");
  lab.elapse(10);
  assertEquals(lab.take("ForwardedRequest").map(({ to }) => to), [["r3"]]);
  assert(lab.trusts(PATIENCE_MS));
});

Deno.test("§7.3a a seq is settled once it is applied, whatever its command", () => {
  const lab = following();
  lab.request(request(0, "wanted here"));
  serve(lab, request(0, "told to the leader"));
  assert(lab.trusts(10_000));
  assertEquals(lab.request(request(0, "wanted here")), "settled");
});

Deno.test("§7.3a a seq is settled once it is below the window", () => {
  const lab = following();
  lab.request(request(3));
  serve(lab, request(9, "", "c1", 5));
  assert(lab.trusts(10_000));
});

Deno.test("§7.3a nothing else settles it: not other seqs of the client, not the same seq of another client", () => {
  const lab = following();
  lab.request(request(3));
  lab.elapse(10);
  serve(lab, request(4), request(3, "", "c2"), request(2));
  assertPatience(patience(lab), PATIENCE_MS - 10, "unsettled");
});

Deno.test("§7.3b patience runs only for a seq inside the client's window", () => {
  const lab = following();
  assertEquals(lab.request(request(16)), "ahead"); // W = 16, floor 0
  assertEquals(lab.request(request(1000, "", "c1", 900)), "ahead");
  assert(lab.trusts(10_000));
  lab.request(request(15));
  assertPatience(patience(lab), PATIENCE_MS, "the window's last seq");
});

Deno.test("§7.3d patience doubles at each leader change without progress, up to its cap", () => {
  const lab = following();
  lab.request(request(0));
  const measured = ["r3", "r4", "r2", "r3", "r4", "r2"].map((leader) => {
    const ms = patience(lab);
    changeLeader(lab, leader);
    return ms;
  });
  for (const [i, wanted] of [2000, 4000, 8000, 16_000, 32_000, 32_000].entries()) {
    assertPatience(measured[i]!, wanted, `leader ${i + 1}`);
  }
});

Deno.test("§7.3d patience halves at a leader change with progress, down to the first one", () => {
  const lab = following();
  lab.request(request(0));
  for (const leader of ["r3", "r4", "r2"]) changeLeader(lab, leader);
  assertPatience(patience(lab), 16_000, "without progress");
  for (const [i, wanted] of [8000, 4000, 2000, 2000].entries()) {
    lab.request(request(i, "", "c2"));
    serve(lab, request(i, "", "c2"));
    changeLeader(lab, `r${3 + i % 2}`);
    assertPatience(patience(lab), wanted, `after ${i + 1} leaders with progress`);
  }
});

Deno.test("§7.3f patience restarts when an older pending request commits: a busy leader stays", () => {
  const lab = following();
  for (let i = 0; i < 5; i++) lab.request(request(i));
  for (let i = 0; i < 5; i++) {
    assert(lab.trusts(PATIENCE_MS - 100), `suspected before request ${i} was served`);
    serve(lab, request(i));
  }
  assert(lab.trusts(10_000));
});

Deno.test("§7.3f at most 8 times per request: a leader that serves all but one client goes", () => {
  const lab = following();
  for (let i = 0; i < 12; i++) lab.request(request(i, "", "c2"));
  lab.request(request(0)); // the censored one
  for (let i = 0; i < LIMITS.maxPatienceRestarts; i++) {
    assert(lab.trusts(1000));
    serve(lab, request(i, "", "c2"));
  }
  assert(lab.trusts(1000));
  serve(lab, request(8, "", "c2")); // the ninth
  assertPatience(patience(lab), PATIENCE_MS - 1000, "after 8 restarts");
});

Deno.test("§7.3f younger requests that commit restart nothing: a censoring leader gains no time by serving others", () => {
  const lab = following();
  lab.request(request(0));
  lab.elapse(10);
  lab.request(request(1)); // the censored one
  assert(lab.trusts(500));
  serve(lab, request(0)); // an older one: patience restarts
  for (let i = 0; i < 6; i++) lab.request(request(i, "", "c2"));
  const since = lab.now;
  for (let i = 0; i < 6 && lab.trusts(500); i++) serve(lab, request(i, "", "c2"));
  assertPatience(lab.now - since, PATIENCE_MS, "from the restart");
});

Deno.test("§7.3e a leader's no-op, or a request that nobody waited for, is no progress: patience grows all the same", () => {
  const lab = following();
  lab.request(request(0));
  for (const [leader, served] of [["r3", []], ["r4", [request(0, "", "c2")]]] as const) {
    serve(lab, ...served);
    changeLeader(lab, leader);
  }
  assertPatience(patience(lab), 4 * PATIENCE_MS, "after two leaders that served nobody who waits");
});
