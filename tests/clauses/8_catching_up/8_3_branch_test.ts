/** §6.8, §8.3: prepared entries kept aside outlive a snapshot that ends below them. */
import { assertEquals } from "@std/assert";
import { certified } from "../../../protocol/rank.ts";
import * as forge from "../support/forge.ts";
import { checkpointProof, snapshotAfter } from "../support/forge_snapshots.ts";
import { TransferLab } from "../support/transfer_lab.ts";

const PEERS = ["r1", "r3", "r4"];
const CHAIN = forge.grow(forge.GENESIS, 20, 1);
const OTHER = forge.grow(forge.GENESIS, 2, 2, "other");
const SNAPSHOT = snapshotAfter(CHAIN.slice(0, 16));

/** Returns a replica that holds entry 20 of term 1 prepared, its log then moved to another branch by r3, leader of term 2. */
function moved(): TransferLab {
  const lab = new TransferLab({ constants: { checkpointEvery: 8, logTail: 0 } });
  const head = forge.endOf(CHAIN);
  lab.follow("r1", 1, CHAIN);
  lab.receive(...forge.acksOf(PEERS, 1, head));
  assertEquals(certified(lab.state.prepared), forge.rankOf(1, head));
  lab.follow("r3", 2, OTHER);
  assertEquals([lab.state.log.entries.length, lab.state.branch.length], [2, 20]);
  return lab;
}

Deno.test("§6.8c §8.3 a snapshot below the prepared branch leaves what lies above it, on disk too, and a candidate leads from that", () => {
  for (const restart of [false, true]) {
    const lab = moved();
    lab.show(checkpointProof(SNAPSHOT, 1, PEERS));
    lab.serve(() => SNAPSHOT);
    if (restart) lab.restart();
    const { state } = lab;
    assertEquals([state.transfer, Number(state.commitIndex), Number(state.log.base.index)], [null, 16, 16]);
    assertEquals(certified(state.prepared), forge.rankOf(1, forge.endOf(CHAIN)));
    assertEquals(state.branch.map(({ hash }) => hash), CHAIN.slice(16).map(({ hash }) => hash));
    lab.campaign(3);
    assertEquals(state.election.candidacy?.base, forge.rankOf(1, forge.endOf(CHAIN)));
    assertEquals(lab.state.log.entries.at(-1)!.hash, forge.endOf(CHAIN).hash);
  }
});
