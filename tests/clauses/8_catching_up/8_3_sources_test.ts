/** §8.3: how a transfer copes with silent, faulty or lagging sources, and with its own restarts. */
import { assert, assertEquals } from "@std/assert";
import type { ReplicaId } from "../../../protocol/ids.ts";
import * as forge from "../support/forge.ts";
import { checkpointProof, chunksResponse, snapshotAfter } from "../support/forge_snapshots.ts";
import { TransferLab } from "../support/transfer_lab.ts";

const CHAIN = forge.grow(forge.GENESIS, 24, 1);
const SNAPSHOT = snapshotAfter(CHAIN.slice(0, 16));
const PROOF = checkpointProof(SNAPSHOT, 1, ["r1", "r3", "r4"]);
const constants = { checkpointEvery: 8, logTail: 4 };

const commitOf = ({ state }: TransferLab): number => state.commitIndex;

Deno.test("§8.3c a transfer goes on after a restart", () => {
  const lab = new TransferLab({ constants });
  lab.show(PROOF);
  const [head] = lab.pending.splice(0);
  lab.receive(chunksResponse(head!.to, head!, SNAPSHOT));
  lab.restart();
  assert(lab.state.transfer !== null);
  lab.serve(() => SNAPSHOT);
  assertEquals([commitOf(lab), Number(lab.state.appliedIndex)], [16, 16]);
});

Deno.test("§8.3c what was received last is not asked for again", () => {
  const lab = new TransferLab({ constants });
  lab.show(PROOF);
  const asked = new Set<string>();
  lab.serve((source) => {
    for (const digest of lab.state.transfer!.sources.get(source as ReplicaId)!.request!.digests) {
      assert(!asked.has(digest), `chunk ${digest} is asked for twice`);
      asked.add(digest);
    }
    return SNAPSHOT;
  });
  assertEquals(commitOf(lab), 16);
});

for (
  const [self, vouchers, lacking] of [
    ["r4", ["r1", "r2", "r3"], ["r2"]],
    ["r6", ["r1", "r2", "r3", "r5"], ["r2", "r4"]],
    ["r7", ["r1", "r2", "r3", "r5", "r6"], ["r2", "r3", "r4"]],
  ] as const
) {
  const replicas = Number(self.slice(1));
  Deno.test(`§8.3e n = ${replicas}: f liars, and who never had it, do not make a snapshot out of date`, () => {
    const lab = new TransferLab({ constants, replicas, self });
    lab.show(checkpointProof(SNAPSHOT, 1, vouchers));
    lab.serve((source) => lacking.includes(source as never) ? null : SNAPSHOT);
    assertEquals(commitOf(lab), 16);
  });
}

Deno.test("§8.3d a snapshot that nobody holds any more is given up, f faulty sources silent or not", () => {
  for (const [replicas, silent] of [[4, []], [4, ["r1"]], [7, ["r1", "r2"]], [6, ["r1"]], [6, ["r5", "r6"]]] as const) {
    const lab = new TransferLab({ constants, replicas, self: "r2" });
    const vouchers = lab.ids.filter((id) => id !== lab.self).slice(0, lab.state.quorumSizes.quorum);
    lab.show(checkpointProof(SNAPSHOT, 1, vouchers));
    lab.serve((source) => silent.includes(source as never) ? undefined : null);
    assertEquals([lab.state.transfer, commitOf(lab)], [null, 0], `${replicas} replicas, ${silent} silent`);
  }
});

Deno.test("§8.3b a wrong chunk costs its source its turn, and nothing of it is kept", () => {
  const [head, another] = ["head", "another"].map((name) => new TextEncoder().encode(name));
  for (const what of ["other bytes", "the same twice", "one that was not asked for", "a good one and a wrong one"]) {
    const lab = new TransferLab({ constants });
    lab.show(PROOF);
    const [asked] = lab.pending.splice(0);
    const good = chunksResponse(asked!.to, asked!, SNAPSHOT);
    const chunk = good.chunks[0]!;
    const listed = SNAPSHOT.held.read(
      [...SNAPSHOT.held.digests()].find((digest) => !asked!.digests.includes(digest))!,
    )!;
    const wrong = {
      "other bytes": [head!],
      "the same twice": [chunk, chunk],
      "one that was not asked for": [listed],
      "a good one and a wrong one": [chunk, another!],
    }[what]!;
    const outcome = lab.note(lab.receive({ ...good, chunks: wrong }));
    assertEquals(outcome.verdicts, [{ verdict: "reject", code: "wrong-chunk", culprit: asked!.to as never }], what);
    assertEquals(outcome.persisted.filter(({ op }) => op === "chunks"), [], what);
    assert(lab.pending.length > 0 && lab.pending.every(({ to }) => to !== asked!.to), `${what}: it is asked again`);
    lab.serve(() => SNAPSHOT);
    assertEquals(commitOf(lab), 16, what);
  }
});

Deno.test("§8.3d so it is where this replica is one of those who vouched for it, and f others of them are silent", () => {
  for (const [replicas, silent] of [[4, ["r1"]], [7, ["r1", "r3"]], [10, ["r1", "r3", "r4"]]] as const) {
    const lab = new TransferLab({ constants, replicas, self: "r2" });
    lab.show(checkpointProof(SNAPSHOT, 1, lab.ids.slice(0, lab.state.quorumSizes.quorum)));
    lab.serve((source) => silent.includes(source as never) ? undefined : null);
    assertEquals([lab.state.transfer, commitOf(lab)], [null, 0], `${replicas} replicas, ${silent} silent`);
  }
});
