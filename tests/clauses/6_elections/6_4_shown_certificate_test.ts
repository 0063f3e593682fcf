/** §6.4, §6.8: a candidate that moves its log to its prepared branch shows the certificate of the base it voted for. */
import { assertEquals } from "@std/assert";
import { certified } from "../../../protocol/rank.ts";
import * as forge from "../support/forge.ts";
import { Lab, sentOf } from "../support/lab.ts";

const PEERS = ["r1", "r3", "r4"];
const CHAIN = forge.grow(forge.GENESIS, 3, 1);

/** Returns a replica with entries 2 and 3 of `CHAIN` certified in term 1 and kept aside: the log follows another branch since term 3. */
function withBranch(): Lab {
  const lab = new Lab();
  lab.follow("r1", 1, CHAIN);
  lab.receive(...forge.acksOf(PEERS, 1, forge.headIn(CHAIN, 3)));
  lab.follow("r3", 3, forge.grow(forge.headIn(CHAIN, 1), 1, 3, "fork"), { prev: forge.headIn(CHAIN, 1) });
  assertEquals([Number(lab.state.prepared.term), lab.state.branch.length], [1, 2]);
  return lab;
}

Deno.test("§6.4c the certificate a candidate shows is its base's, though moving to the branch raised its rank", () => {
  const lab = withBranch();
  // Entry 2 was certified again in term 2: learnt only now, and not on the log.
  lab.receive(...forge.acksOf(PEERS, 2, forge.headIn(CHAIN, 2)));
  lab.campaign(5);
  assertEquals(lab.state.prepared, forge.prepareCertificate(2, forge.headIn(CHAIN, 2), PEERS));
  const [request] = sentOf(lab.elapse(300), "RequestVote");
  assertEquals(request!.signed.message.base, forge.rankOf(1, forge.headIn(CHAIN, 3)));
  assertEquals(certified(request!.certificate), request!.signed.message.base);
});

Deno.test("§6.4d a candidacy is over before it began when its branch turns out committed in a higher term", () => {
  const lab = withBranch();
  const reported = { prepared: forge.rankOf(9, forge.headIn(CHAIN, 2)) };
  lab.receive(...PEERS.map((id) => forge.response(id, 9, reported)), ...PEERS.map((id) => forge.preVote(id, 5)));
  assertEquals(Number(lab.state.commitIndex), 0); // entry 2 of that chain is not on the log
  lab.suspect();
  lab.receive(...PEERS.map((id) => forge.preVote(id, 5)));
  lab.until(() => lab.state.commitIndex > 0);
  assertEquals([Number(lab.state.hard.currentTerm), lab.state.view.role, lab.state.hard.vote], [9, "follower", null]);
  assertEquals(sentOf(lab.elapse(900), "RequestVote"), []);
});
