/** §8.2: which chunks are dropped, and which must not be. */
import { assert, assertEquals } from "@std/assert";
import { sha256Hex } from "../../../crypto/digest.ts";
import type { ChainedEntry } from "../../../protocol/entry.ts";
import { clientId, seq } from "../../../protocol/ids.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import { restoreSnapshot } from "../../../protocol/snapshot/snapshot_restore.ts";
import { beginTransfer } from "../../../replica/core/catch_up/state_transfer.ts";
import { encodeKvCommand, type KvCommand } from "../../../state_machine/mod.ts";
import { createFakeSigner, signMessage } from "../../simulation/network/fake_crypto.ts";
import { SESSION } from "../../support/numbered_requests.ts";
import * as forge from "../support/forge.ts";
import { checkpoint, checkpointProof, chunksResponse, snapshotAfter } from "../support/forge_snapshots.ts";
import { inputsOf } from "../support/lab.ts";
import { TransferLab } from "../support/transfer_lab.ts";

const CHAIN = forge.grow(forge.GENESIS, 24, 1);
const PEERS = ["r1", "r3", "r4"];
const at = (index: number) => forge.headIn(CHAIN, index);

Deno.test("§8.2i §8.3 a checkpoint that becomes stable during a transfer does not make garbage of what was fetched", () => {
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
  assertEquals(Number(lab.state.checkpoints.stableProof?.stable.index), 8);
  lab.serve(() => second);
  assertEquals(Number(lab.state.checkpoints.stableProof?.stable.index), 16);
  lab.elapse(LIMITS.chunkRetentionMs + 1000);
  const { digests } = restoreSnapshot(second.stateDigest, (digest) => lab.storage.chunks.read(digest), sha256Hex);
  assert(digests.every((digest) => lab.storage.chunks.has(digest)));
  assertEquals(lab.disk.chunks.size, digests.length, "chunks of the checkpoint before are still there");
});

/** Returns a chain of entries with one command each; every eighth is a checkpoint. */
function commands(count: number, commandAt: (index: number) => KvCommand): ChainedEntry[] {
  const chain: ChainedEntry[] = [];
  const signer = createFakeSigner("client", "c1");
  for (let index = 1; index <= count; index++) {
    const command = encodeKvCommand(commandAt(index));
    const message = {
      kind: "SendRequest",
      client: clientId("c1"),
      session: SESSION,
      seq: seq(index),
      floor: seq(index),
      mode: "command",
      command,
    } as const;
    chain.push(
      forge.entryAfter(chain.length > 0 ? forge.endOf(chain) : forge.GENESIS, 1, [signMessage(signer, message)]),
    );
  }
  return chain;
}

Deno.test("§8.2j §8.3 chunks dropped just before a transfer that needs them again are held once they are fetched", () => {
  // The state's one page is at 24 what it was at 8, and another one at 16.
  const value = new Uint8Array(9);
  const chain = commands(24, (index) => {
    if (index === 1) return { op: "put", key: "stays", value };
    if (index === 16) return { op: "put", key: "goes", value };
    return { op: "delete", key: index === 17 ? "goes" : "never there" };
  });
  const [first, second, third] = [8, 16, 24].map((index) => snapshotAfter(chain.slice(0, index)));
  const lab = new TransferLab({ constants: { checkpointEvery: 8, logTail: 4 } });
  lab.follow("r1", 1, chain.slice(0, 16));
  lab.receive(...forge.reportsOf(PEERS, 1, forge.headIn(chain, 16)));
  lab.elapse(50);
  for (const snapshot of [first!, second!]) lab.receive(...PEERS.map((id) => checkpoint(id, snapshot)));
  const dropped = lab.until(({ persisted }) => persisted.some(({ op }) => op === "drop-chunks"), 70_000);
  const gone = dropped.persisted.flatMap((operation) => operation.op === "drop-chunks" ? operation.digests : []);
  assert(gone.some((digest) => third!.held.has(digest)), "the third snapshot has nothing of the first");
  beginTransfer(lab.context(), checkpointProof(third!, 1, PEERS));
  lab.note(lab.receive());
  lab.serve(() => third!, 5000);
  assertEquals(Number(lab.state.commitIndex), 24);
});

Deno.test("§8.2 §8.3 ⚠ what a step drops is as good as gone: a transfer that begins in the same transaction fetches it again", () => {
  const lab = new TransferLab({ constants: { checkpointEvery: 8, logTail: 4 } });
  lab.follow("r1", 1, CHAIN.slice(0, 8));
  lab.receive(...forge.reportsOf(PEERS, 1, at(8)));
  lab.elapse(50);
  const [own, wanted] = [snapshotAfter(CHAIN.slice(0, 8)), snapshotAfter(CHAIN)];
  // Head and list are fetched, and no source has the rest: the transfer is given up, and its own checkpoint makes garbage of what it left.
  lab.show(checkpointProof(wanted, 1, PEERS), ["r3", "r4"]);
  const manifest = () =>
    lab.state.transfer!.lists.length > 0 && lab.state.transfer!.lists.every((list) => list !== null);
  lab.serve(() => manifest() ? null : wanted);
  assertEquals(lab.state.transfer, null);
  lab.receive(...PEERS.map((id) => checkpoint(id, own)));
  const due = lab.state.checkpoints.garbage.get(wanted.stateDigest)!;
  lab.now = due - 500;
  const asked = lab.fallBehind({ ...at(24), index: 25 as never }, ["r3", "r4"]);
  assert(lab.now < due && lab.state.catchUp.active!.deadline > due);
  lab.now = due;
  const proof = checkpointProof(wanted, 1, PEERS);
  const shown = forge.fetchEntriesResponse(asked.to, asked, [], null, proof);
  const outcome = lab.note(lab.run([{ kind: "tick", lateMs: 0 }, ...inputsOf([shown])]));
  const dropped = outcome.persisted.flatMap((operation) => operation.op === "drop-chunks" ? operation.digests : []);
  assert(dropped.includes(wanted.stateDigest), "the head was not dropped just now");
  lab.serve(() => wanted);
  assertEquals(Number(lab.state.commitIndex), 24);
});
