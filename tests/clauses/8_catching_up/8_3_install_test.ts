/** §8.3: what becomes of a replica's term, role and log when it installs a snapshot. */
import { assert, assertEquals } from "@std/assert";
import { sha256Hex } from "../../../crypto/digest.ts";
import { isCheckpointProof } from "../../../protocol/certify.ts";
import { standingOf } from "../../../protocol/snapshot/session_table.ts";
import { BUSY_TICK_MS } from "../../../replica/core/next_deadline.ts";
import * as forge from "../support/forge.ts";
import { checkpointProof, snapshotAfter } from "../support/forge_snapshots.ts";
import { sentOf } from "../support/lab.ts";
import { TransferLab } from "../support/transfer_lab.ts";

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

Deno.test("§8.3a a proof is Q equal Checkpoints and a commit certificate of exactly their point, and nothing less", () => {
  const { state } = new TransferLab({ constants });
  const at = (index: number) => forge.headIn(CHAIN, index);
  const holds = (proof: ReturnType<typeof checkpointProof>) => isCheckpointProof(state, sha256Hex, proof);
  const good = checkpointProof(SNAPSHOT, 3, PEERS);
  assert(holds(good));
  assert(holds(checkpointProof(SNAPSHOT, 3, PEERS, CHAIN.slice(16))));
  const { stable, commit } = good;
  const { checkpoints } = checkpointProof({ ...SNAPSHOT, stateDigest: sha256Hex(Uint8Array.of(1)) }, 3, PEERS).stable;
  const faulty = {
    "too few Checkpoints": checkpointProof(SNAPSHOT, 3, PEERS.slice(1), [], commit),
    "one replica's, three times": checkpointProof(SNAPSHOT, 3, ["r1", "r1", "r1"], [], commit),
    "another digest among them": {
      stable: { ...stable, checkpoints: [...stable.checkpoints.slice(1), checkpoints[0]!] },
      commit,
    },
    "a commit of a later point": { stable, commit: forge.commitCertificate(3, at(20), PEERS) },
    "a commit of an earlier point": { stable, commit: forge.commitCertificate(3, at(8), PEERS) },
    "a commit by too few": { stable, commit: forge.commitCertificate(3, at(16), PEERS.slice(1)) },
    "an index at which none is taken": checkpointProof(snapshotAfter(CHAIN.slice(0, 15)), 3, PEERS),
  };
  for (const [what, proof] of Object.entries(faulty)) assert(!holds(proof), what);
});

Deno.test("§8.3f the session table is the snapshot's, whatever stood before", () => {
  const lab = new TransferLab({ constants });
  lab.follow("r1", 3, CHAIN.slice(0, 2));
  lab.receive(...forge.reportsOf(PEERS, 3, forge.headIn(CHAIN, 2)));
  const answered = () =>
    [1, 2, 3, 15].map((number) => {
      const { message, body } = forge.request(number, "main");
      return standingOf(lab.state.sessions, message, sha256Hex(body), lab.state.appliedIndex).standing;
    });
  assertEquals(answered(), ["settled", "settled", "open", "open"]);
  lab.show(checkpointProof(SNAPSHOT, 3, PEERS));
  lab.serve(() => SNAPSHOT);
  assertEquals([Number(lab.state.appliedIndex), answered()], [16, Array(4).fill("settled")]);
});

Deno.test("§8.3h a snapshot over an ack that was not known to be committed ends acking in that term", () => {
  const lab = new TransferLab({ constants });
  lab.follow("r1", 3, CHAIN.slice(0, 5)); // on this very chain, but nothing shows that any more
  assertEquals(lab.state.hard.ack, forge.headIn(CHAIN, 5));
  lab.show(checkpointProof(SNAPSHOT, 3, PEERS));
  lab.serve(() => SNAPSHOT);
  const { hard } = lab.state;
  assertEquals([hard.noMoreAcks, lab.disk.recovered().hardState.noMoreAcks], [true, true]);
  const more = lab.receive(
    forge.appendEntries("r1", 3, CHAIN.slice(16), { prev: forge.headIn(CHAIN, 16), round: 9 }),
  );
  const published = [more, lab.elapse(300)].flatMap((outcome) => sentOf(outcome, "AppendEntriesResponse"));
  assert(published.length > 0);
  assertEquals(published.flatMap(({ signed }) => signed.message.acks), []);
});

Deno.test("§8.3i once it is installed, f + 1 that claim more are asked for entries at once", () => {
  const lab = new TransferLab({ constants });
  lab.show(checkpointProof(SNAPSHOT, 3, PEERS));
  lab.receive(...PEERS.map((id) => forge.response(id, 3, { commit: forge.headIn(CHAIN, 20) })));
  lab.serve(() => SNAPSHOT);
  assertEquals([lab.state.transfer, Number(lab.state.commitIndex)], [null, 16]);
  lab.elapse(BUSY_TICK_MS);
  assertEquals(lab.state.catchUp.active?.anchor, forge.headIn(CHAIN, 16));
});
