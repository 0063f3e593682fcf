/** §8.2: what happens while the beginning of the log is dropped. */
import { assertEquals } from "@std/assert";
import * as forge from "../support/forge.ts";
import { checkpoint, snapshotAfter } from "../support/forge_snapshots.ts";
import type { Lab } from "../support/lab.ts";
import { askedIn, TransferLab } from "../support/transfer_lab.ts";

const CHAIN = forge.grow(forge.GENESIS, 40, 5);
const PEERS = ["r1", "r3", "r4"];
const at = (index: number) => forge.headIn(CHAIN, index);
const constants = { checkpointEvery: 8, logTail: 4 };

/** Commits and applies the chain up to `index`, as entries of r1's term. */
function commit(lab: Lab, index: number): void {
  lab.follow("r1", 5, CHAIN.slice(0, index));
  lab.receive(...forge.reportsOf(PEERS, 5, at(index)));
  lab.elapse(50);
  assertEquals(Number(lab.state.appliedIndex), index);
}

const vouch = (index: number, peers: readonly string[] = PEERS) => {
  const snapshot = snapshotAfter(CHAIN.slice(0, index));
  return peers.map((id) => checkpoint(id, snapshot));
};

Deno.test("§8.1j §8.2 a catch-up that ends after its beginning was dropped still counts", () => {
  const lab = new TransferLab({ constants });
  const asked = lab.fallBehind(at(40));
  commit(lab, 24);
  lab.receive(...vouch(24));
  assertEquals(Number(lab.state.log.base.index), 20);
  const certificate = forge.commitCertificate(5, at(40), PEERS);
  const { verdicts } = lab.receive(forge.fetchEntriesResponse(asked.to, asked, CHAIN, certificate));
  assertEquals([verdicts, Number(lab.state.commitIndex)], [[{ verdict: "accept" }], 40] as never[]);
});

Deno.test("§8.1j §6.5 so does one under a refusal's certificate: only what is not on the log is kept aside", () => {
  const lab = new TransferLab({ constants });
  lab.campaign(6);
  const certificate = forge.prepareCertificate(5, at(30), PEERS);
  lab.receive(forge.voteRefusal("r3", 6, "r2", certificate));
  const [asked] = askedIn(lab.until((last) => askedIn(last, "FetchEntries").length > 0, 1000), "FetchEntries");
  lab.follow("r1", 7, CHAIN.slice(0, 24), { base: forge.prepareCertificate(5, at(24), PEERS) });
  lab.receive(...forge.reportsOf(PEERS, 5, at(24)));
  lab.elapse(50);
  lab.receive(...vouch(24));
  assertEquals(Number(lab.state.log.base.index), 20);
  lab.receive(forge.fetchEntriesResponse(asked!.to, asked!, CHAIN.slice(0, 30)));
  assertEquals([lab.state.prepared.index, lab.state.branch[0]?.entry.index], [30, 25] as never[]);
  lab.restart();
  assertEquals([lab.state.prepared.index, lab.state.branch.length], [30, 6] as never[]);
});

Deno.test("§8.2d who asks for an old checkpoint just when a newer one becomes stable does not stop this replica", () => {
  const lab = new TransferLab({ constants });
  commit(lab, 16);
  lab.receive(...vouch(8));
  lab.elapse(1000);
  const [one, ...others] = vouch(16);
  const [, , old] = vouch(8);
  const { sent } = lab.receive(one!, old!, ...others);
  assertEquals(Number(lab.state.log.base.index), 12);
  const told = sent.flatMap(({ packet }) => packet.kind === "Checkpoint" ? [Number(packet.signed.message.index)] : []);
  assertEquals(told.filter((index) => index < 16), []);
});

Deno.test("§3.1b §8.2h entry terms do not decrease behind a checkpoint either, however short the tail", () => {
  const lab = new TransferLab({ constants: { ...constants, logTail: 0 } });
  commit(lab, 8);
  lab.receive(...vouch(8));
  assertEquals(Number(lab.state.checkpoints.stableProof?.stable.index), 8);
  const bad = forge.entryAfter(at(8), 2, [forge.request(9)]);
  const { verdicts } = lab.receive(forge.appendEntries("r1", 5, [bad], { prev: at(8), round: 2 }));
  assertEquals(verdicts, [{ verdict: "reject", code: "entry-terms-decrease", culprit: "r1" as never }]);
});
