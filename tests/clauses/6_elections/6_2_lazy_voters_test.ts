import { assert, assertEquals } from "@std/assert";
import { ElectionLab } from "../support/election_lab.ts";
import { requestVote } from "../support/forge.ts";
import { sentOf } from "../support/lab.ts";

const ASKED = requestVote("r3", 2, ["r2", "r3", "r4"]);

Deno.test("§6.2a a voter that does not suspect its leader defers, and nothing durable changes", () => {
  const lab = new ElectionLab();
  lab.follow("r2", 1);
  const outcome = lab.receive(ASKED);
  assertEquals(sentOf(outcome, "VoteDeferred").map(({ signed }) => signed.message.candidate), ["r3"]);
  assertEquals(outcome.persisted, []);
  assert(lab.trusts(5000));
  assertEquals(lab.take("Vote"), []);
  assertEquals(lab.state.hard.currentTerm, 1);
});

Deno.test("§6.2b it sends the real answer if it comes to suspect later (ReSendVoteReply)", () => {
  const lab = new ElectionLab();
  lab.follow("r2", 1);
  lab.feed(ASKED);
  assert(lab.trusts(1000));
  assertEquals(lab.take("Vote"), []);
  lab.suspect(); // its leader fell silent
  lab.elapse(2000);
  assertEquals(lab.take("Vote").map(({ to, packet }) => [to, packet.signed.message.term]), [[["r3"], 2]]);
});

Deno.test("§6.2a suspicion that is over supports nobody: only a replica that suspects now votes", () => {
  const lab = new ElectionLab();
  lab.follow("r2", 1);
  lab.suspect();
  lab.heartbeat();
  lab.elapse(10);
  assert(!lab.suspects);
  lab.feed(ASKED);
  assert(lab.trusts(3000));
  assertEquals(lab.take("Vote"), []);
});
