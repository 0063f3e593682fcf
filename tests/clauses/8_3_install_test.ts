/** §8.3: what becomes of a replica's term, role and log when it takes over a snapshot. */
import { assert, assertEquals } from "@std/assert";
import * as forge from "./forge.ts";
import { checkpointProof, snapshotAfter } from "./forge_snapshots.ts";
import { TransferLab } from "./transfer_lab.ts";

const CHAIN = forge.grow(forge.GENESIS, 24, 3);
const SNAPSHOT = snapshotAfter(CHAIN.slice(0, 16));
const PEERS = ["r1", "r3", "r4"];
const constants = { checkpointEvery: 8, logTail: 4 };

Deno.test("§8.3g §4.3 a leader that was deposed unheard gives way to the term of the snapshot's certificate", () => {
  const lab = new TransferLab({ constants });
  lab.lead(2);
  lab.show(checkpointProof(SNAPSHOT, 3, PEERS));
  assert(lab.state.leadership !== null, "it learnt of its fall before the snapshot");
  lab.serve(() => SNAPSHOT);
  const { state } = lab;
  assertEquals([state.leadership, Number(state.hard.currentTerm), Number(state.commitIndex)], [null, 3, 16]);
  lab.restart();
  assertEquals([Number(lab.state.log.base.index), Number(lab.state.appliedIndex)], [16, 16]);
});
