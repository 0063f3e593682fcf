/** §8.4: when a replica that lost its disk may sign again. */
import { assert, assertEquals } from "@std/assert";
import type { CheckpointProof } from "../../../protocol/certificate.ts";
import { digest, logIndex, term } from "../../../protocol/ids.ts";
import { forgottenBy } from "../../../replica/disk/forgotten_signatures.ts";
import * as forge from "../support/forge.ts";
import { checkpointProof, snapshotAfter } from "../support/forge_snapshots.ts";
import { TransferLab } from "../support/transfer_lab.ts";

/** Committed in terms up to 3; then comes term 4, on a base at the chain's end. */
const CHAIN = forge.grow(forge.GENESIS, 20, 3);
const OPENING = forge.entryAfter(forge.endOf(CHAIN), 4, []);
const PEERS = ["r1", "r3", "r4"];
const constants = { checkpointEvery: 8, logTail: 4 };

/** Returns a learner that signed nothing above term 3. */
function learner(): TransferLab {
  const lab = new TransferLab({ constants });
  const hardState = { ...lab.disk.hardState, recovery: { nonce: digest("ab".repeat(32)), bar: term(3) } };
  lab.disk.write({ op: "hard-state", state: hardState });
  lab.disk.tip = { ...lab.disk.tip, hardState };
  lab.restart();
  return lab;
}

/** Returns a proof shown by a source that lengthens a certificate of term 4 down to `index`, which was committed long before. */
function lengthened(index: number, vouchers: readonly string[] = PEERS): CheckpointProof {
  const commit = forge.commitCertificate(4, forge.headIn(CHAIN, index), PEERS, [...CHAIN.slice(index), OPENING]);
  return checkpointProof(snapshotAfter(CHAIN.slice(0, index)), 4, vouchers, [], commit);
}

Deno.test("§8.4e §5.6 a certificate of a higher term for a point below that term's base ends no recovery", () => {
  const lab = learner();
  const snapshot = snapshotAfter(CHAIN.slice(0, 8));
  lab.show(lengthened(8));
  lab.serve(() => snapshot);
  lab.elapse(100);
  assertEquals([lab.state.commitIndex, lab.state.commitCertificate?.term], [8, 4] as never[]);
  assert(lab.state.hard.recovery !== null, "it signs, though it may have vouched for more than it has");
});

Deno.test("§8.4e an entry of a higher term, committed and applied, ends it, and nothing signed before is news then", () => {
  const lab = learner();
  const snapshot = snapshotAfter(CHAIN.slice(0, 8));
  lab.show(lengthened(8));
  lab.serve(() => snapshot);
  const chain = [...CHAIN.slice(8), OPENING];
  const asked = lab.fallBehind(forge.endOf(chain), ["r3", "r4"], 4);
  const certificate = forge.commitCertificate(4, forge.endOf(chain), PEERS);
  lab.receive(forge.fetchEntriesResponse(asked.to, asked, chain, certificate));
  lab.elapse(100);
  assertEquals([lab.state.hard.recovery, lab.state.appliedIndex], [null, 21] as never[]);
  // This replica signed the checkpoint at index 16 before it lost its disk.
  const past = lengthened(16, ["r1", "r2", "r3"]);
  const packet = forge.fetchEntriesResponse("r1", { nonce: 1, from: logIndex(9) }, [], null, past);
  assertEquals(forgottenBy(lab.state, packet), null);
});

Deno.test("§8.4e a snapshot that itself ends with the entry of a higher term ends it, though the cluster rests", () => {
  const lab = learner();
  const chain = [...CHAIN.slice(0, 7), forge.entryAfter(forge.headIn(CHAIN, 7), 4, [])];
  const snapshot = snapshotAfter(chain);
  lab.show(checkpointProof(snapshot, 4, PEERS));
  lab.serve(() => snapshot);
  lab.elapse(100);
  assertEquals([lab.state.appliedIndex, lab.state.log.base.index, lab.state.hard.recovery], [8, 8, null] as never[]);
});

Deno.test("§8.4e so does all that f + 1 of the reports speak of; f, who may lie, are not enough", () => {
  const snapshot = snapshotAfter(CHAIN.slice(0, 8));
  const head = forge.headIn(CHAIN, 8);
  for (const [low, over] of [[1, false], [2, true]] as const) {
    const lab = learner();
    const { responses, ...rest } = lengthened(8).commit;
    const atEnd = forge.reportsOf(PEERS.slice(0, low), 4, head).map(({ signed }) => signed);
    lab.show(checkpointProof(snapshot, 4, PEERS, [], { ...rest, responses: [...atEnd, ...responses.slice(low)] }));
    lab.serve(() => snapshot);
    lab.elapse(100);
    assertEquals(
      [lab.state.appliedIndex, lab.state.hard.recovery === null],
      [8, over] as unknown[] as never[],
      `${low} reports`,
    );
  }
});
