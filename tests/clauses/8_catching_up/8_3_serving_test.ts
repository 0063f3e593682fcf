/** §8.1, §8.3: the cost to a replica of a peer that asks for entries and is shown certificates. */
import { assert } from "@std/assert";
import { logIndex, replicaId } from "../../../protocol/ids.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import { encodePacket } from "../../../transport/codec/mod.ts";
import * as forge from "../support/forge.ts";
import { checkpoint, snapshotAfter } from "../support/forge_snapshots.ts";
import { type Lab, sentOf } from "../support/lab.ts";
import { TransferLab } from "../support/transfer_lab.ts";

const CHAIN = forge.grow(forge.GENESIS, 1500, 1);
const PEERS = ["r1", "r3", "r4"];
const at = (index: number) => forge.headIn(CHAIN, index);

/** Returns a replica that has committed entries up to 8, by reports at the end of a long chain: the certificate has many links. */
function behindLongLinks(): Lab {
  const lab = new TransferLab({ constants: { checkpointEvery: 8, logTail: 4 } });
  const asked = lab.fallBehind(at(8));
  const certificate = forge.commitCertificate(1, at(8), PEERS, CHAIN.slice(8));
  lab.receive(forge.fetchEntriesResponse(asked.to, asked, CHAIN.slice(0, 8), certificate));
  return lab;
}

/** Returns the bytes sent to r3 when it asks for entries from `from` on, very often and at once. */
function bytesSent(lab: Lab, from: number): number {
  const message = {
    kind: "FetchEntries",
    replica: replicaId("r3"),
    nonce: 1,
    from: logIndex(from),
    head: at(8),
    maxBytes: 0,
  } as const;
  const packet = { kind: "FetchEntries", signed: forge.signAs("r3", message) } as const;
  let bytes = 0;
  for (let i = 0; i < 600; i++) {
    for (const answer of sentOf(lab.receive(packet), "FetchEntriesResponse")) {
      bytes += encodePacket(answer).reduce((sum, frame) => sum + frame.length, 0);
    }
  }
  return bytes;
}

for (const shown of ["certificates", "checkpoints"]) {
  Deno.test(`§8.1e §7.5 the links of ${shown} count against what an asker is served`, () => {
    const lab = behindLongLinks();
    lab.elapse(50);
    const snapshot = snapshotAfter(CHAIN.slice(0, 8));
    if (shown === "checkpoints") lab.receive(...PEERS.map((id) => checkpoint(id, snapshot)));
    const bytes = bytesSent(lab, shown === "checkpoints" ? 1 : 5);
    assert(bytes <= LIMITS.repairBurstBytes + LIMITS.maxAppendBytes, `${bytes} bytes at once`);
    assert(bytes > LIMITS.repairBurstBytes / 4, `${bytes} bytes at once`);
  });
}
