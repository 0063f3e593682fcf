/** §8.2: which chunks go, and which must not. */
import { assert, assertEquals } from "@std/assert";
import { LIMITS } from "../../replica/core/limits.ts";
import { restoreSnapshot } from "../../replica/core/snapshot_restore.ts";
import { sha256Hex } from "../../crypto/mod.ts";
import * as forge from "./forge.ts";
import { checkpoint, checkpointProof, chunksResponse, snapshotAfter } from "./forge_snapshots.ts";
import { TransferLab } from "./transfer_lab.ts";

const CHAIN = forge.grow(forge.GENESIS, 24, 1);
const PEERS = ["r1", "r3", "r4"];
const at = (index: number) => forge.headIn(CHAIN, index);

Deno.test("§8.2 §8.3 ⚠ a checkpoint that becomes stable during a transfer does not make garbage of what was fetched", () => {
  const lab = new TransferLab({ constants: { checkpointEvery: 8, logTail: 4 } });
  lab.follow("r1", 1, CHAIN.slice(0, 8));
  lab.receive(...forge.reportsOf(PEERS, 1, at(8)));
  lab.elapse(50);
  const [first, second] = [snapshotAfter(CHAIN.slice(0, 8)), snapshotAfter(CHAIN.slice(0, 16))];
  lab.receive(checkpoint("r1", first));
  lab.show(checkpointProof(second, 1, PEERS), ["r3", "r4"]);
  while (lab.state.transfer!.lists[0] === undefined || lab.state.transfer!.lists[0] === null) {
    const asked = lab.pending.shift()!;
    lab.note(lab.receive(chunksResponse(asked.to, asked, second)));
  }
  lab.receive(checkpoint("r3", first)); // late, and just now
  assertEquals(Number(lab.state.checkpoints.proof?.stable.index), 8);
  lab.serve(() => second);
  assertEquals(Number(lab.state.checkpoints.proof?.stable.index), 16);
  lab.elapse(LIMITS.chunkRetentionMs + 1000);
  const { digests } = restoreSnapshot(second.stateDigest, (digest) => lab.storage.chunks.read(digest), sha256Hex);
  assert(digests.every((digest) => lab.storage.chunks.has(digest)));
  assertEquals(lab.disk.chunks.size, digests.length, "chunks of the checkpoint before are still there");
});
