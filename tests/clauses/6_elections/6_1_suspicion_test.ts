import { assert, assertEquals } from "@std/assert";
import { replicaId } from "../../../protocol/ids.ts";
import { ElectionLab, votePacket } from "../support/election_lab.ts";
import {
  appendEntries,
  endOf,
  entryAfter,
  GENESIS,
  grow,
  preVote,
  request,
  requestVote,
  response,
} from "../support/forge.ts";

/** More than any first election timeout, 2T. */
const LONG_MS = 2100;

Deno.test("§6.1a a replica suspects a silent leader within its election timeout, and one it does not know", () => {
  const lab = new ElectionLab();
  assert(!lab.wait(990, () => lab.suspects));
  assert(lab.wait(1010, () => lab.suspects));
  lab.follow("r2", 1);
  assert(!lab.suspects);
  assert(!lab.wait(990, () => lab.suspects));
  assert(lab.wait(1010, () => lab.suspects));
});

Deno.test("§5.1a §6.1 while nothing is uncommitted newer heartbeats keep a replica quiet, replayed ones do not", () => {
  const lab = new ElectionLab();
  lab.follow("r2", 1);
  assert(lab.trusts(10_000));
  const old = appendEntries("r2", 1, [], { round: 3 });
  const replay = () => {
    lab.feed(old);
    return lab.suspects;
  };
  assert(lab.wait(LONG_MS, replay));
});

Deno.test("§6.1e while anything is uncommitted no AppendEntries restarts the timer, be it ever so new", () => {
  const lab = new ElectionLab();
  lab.follow("r2", 1);
  lab.append(GENESIS, grow(GENESIS, 1, 1));
  assert(!lab.trusts(LONG_MS));
});

Deno.test("§6.1e nor do new entries, acks and certificates: a leader that lets nothing commit is suspected", () => {
  const lab = new ElectionLab();
  lab.follow("r2", 1);
  const chain = grow(GENESIS, 30, 1);
  lab.append(GENESIS, chain.slice(0, 1));
  for (let i = 1; i < chain.length && !lab.suspects; i++) {
    lab.append(endOf(chain.slice(0, i)), [chain[i]!]);
    lab.prepare(endOf(chain.slice(0, i + 1)));
    assertEquals(lab.state.prepared.index, i + 1);
    lab.elapse(100);
  }
  assert(lab.suspects);
  assertEquals(lab.state.commitIndex, 0);
});

Deno.test("§6.1e an advance of the commit index restarts the timer while more is uncommitted", () => {
  const lab = new ElectionLab();
  lab.follow("r2", 1);
  const chain = grow(GENESIS, 10, 1);
  lab.append(GENESIS, chain);
  for (let i = 1; i < chain.length; i++) {
    assert(!lab.wait(900, () => lab.suspects), `suspected before entry ${i} was committed`);
    lab.commit(endOf(chain.slice(0, i)));
    assertEquals(lab.state.commitIndex, i);
  }
  assert(lab.wait(LONG_MS, () => lab.suspects));
});

Deno.test("§6.1g a leader is its own follower: one that commits nothing suspects itself, and leads on until replaced", () => {
  const lab = new ElectionLab();
  lab.lead(1);
  lab.take("PreVote");
  assert(lab.wait(LONG_MS, () => lab.suspects));
  assertEquals(lab.state.view.role, "leader");
  assertEquals(lab.take("PreVote").map(({ packet }) => packet.signed.message.term), [2]);
});

Deno.test("§6.1g a leader is its own follower: it suspects itself for a request it cannot settle", () => {
  const lab = new ElectionLab({ constants: { patienceMs: 300 } });
  lab.lead(1);
  lab.request(request(0));
  assert(!lab.wait(290, () => lab.suspects));
  assert(lab.wait(20, () => lab.suspects));
});

Deno.test("§6.1b a request not settled within the patience time makes its leader suspect", () => {
  const lab = new ElectionLab();
  lab.follow("r2", 1);
  lab.request(request(0));
  assert(lab.trusts(1900));
  assert(!lab.trusts(200));
});

Deno.test("§6.1f suspicion for a request is not cleared by other commits, only by its own or by a new leader", () => {
  const lab = new ElectionLab();
  lab.follow("r2", 1);
  lab.request(request(0));
  assert(!lab.trusts(2100));
  const other = [entryAfter(GENESIS, 1, [request(0, "", "c2")])];
  lab.append(GENESIS, other);
  lab.commit(endOf(other));
  assertEquals(lab.state.appliedIndex, 1);
  assert(!lab.trusts(100));
  const own = [entryAfter(endOf(other), 1, [request(0)])];
  lab.append(endOf(other), own);
  lab.commit(endOf(own));
  assert(lab.trusts(10_000));

  lab.request(request(1));
  assert(!lab.trusts(2100));
  lab.follow("r3", 2);
  assert(!lab.wait(500, () => lab.suspects));
});

Deno.test("§6.1c evidence against the leader is reason enough, evidence against another replica none", () => {
  for (const [culprit, suspected] of [["r2", true], ["r3", false]] as const) {
    const lab = new ElectionLab();
    lab.follow("r2", 1);
    const [first, second] = ["one", "other"].map((branch) =>
      appendEntries(culprit, 7, grow(GENESIS, 1, 7, branch)).signed
    );
    lab.feed({
      kind: "Evidence",
      evidence: { kind: "equivocation", culprit: replicaId(culprit), first: first!, second: second! },
    });
    assertEquals(!lab.trusts(200), suspected, culprit);
  }
});

Deno.test("§6.1d f+1 replicas placed in a higher term by anything they signed make the leader suspect, f do not", () => {
  const signedIn2 = {
    "a vote": votePacket("r3", 2, "r1"),
    "a request": requestVote("r3", 2, ["r2", "r3", "r4"]),
    "a response": response("r3", 2, {}),
    "a PreVote above currentTerm + 1": preVote("r3", 3),
    "an AppendEntries": appendEntries("r3", 2, []),
  };
  for (const [what, packet] of Object.entries(signedIn2)) {
    const lab = new ElectionLab();
    lab.follow("r2", 1);
    lab.feed(packet, packet);
    assert(lab.trusts(500), `${what} of one replica`);
    lab.take("PreVote");
    lab.feed(response("r4", 2, {}));
    lab.elapse(100);
    assert(lab.take("PreVote").length > 0, what); // it may have voted at once, and so suspect no more
  }
});

Deno.test("§6.1d a PreVote for currentTerm + 1 places nobody in a higher term", () => {
  const lab = new ElectionLab();
  lab.follow("r2", 1);
  lab.feed(preVote("r3", 2), preVote("r4", 2));
  assert(lab.trusts(500));
});

Deno.test("§6.1h suspicion stops nothing: a suspecting replica goes on following and acking", () => {
  const lab = new ElectionLab();
  lab.follow("r2", 1);
  lab.suspect();
  lab.take("AppendEntriesResponse");
  const chain = grow(GENESIS, 2, 1);
  assertEquals(lab.append(GENESIS, chain), "accept");
  assertEquals(lab.take("AppendEntriesResponse")[0]?.packet.signed.message.acks.at(-1), endOf(chain));
  assert(lab.suspects);
});
