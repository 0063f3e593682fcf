/** Checkpoints, snapshots, compaction and installs (§8.2, §8.3): what is certified is true, and every disk is enough to start from. */
import { assertEquals } from "@std/assert";
import { type Digest, logIndex, type ReplicaId } from "../../../../protocol/ids.ts";
import type { Chunk } from "../../../../protocol/ports.ts";
import type { PersistOperation } from "../../../../replica/core/log/durable_state.ts";
import {
  commitCertificate,
  endOf,
  fetchEntriesResponse,
  GENESIS,
  grow,
  headIn,
  prepareCertificate,
  request,
} from "../../../clauses/support/forge.ts";
import {
  checkpoint,
  checkpointProof,
  type ForgedSnapshot,
  snapshotAfter,
} from "../../../clauses/support/forge_snapshots.ts";
import { CheckerLab, type CheckerLabOptions, fires, THREE } from "../checker_lab.ts";
import { viewAfter } from "../execution/reference_lab.ts";

const CHAIN = grow(GENESIS, 4, 1);
const FORK = grow(GENESIS, 4, 1, "fork");
const SNAPSHOT = snapshotAfter(CHAIN);
const FOUR = ["r1", "r2", "r3", "r4"];

/** Returns a checkerLab on which three replicas have committed four entries, and make a checkpoint of every second one. */
function settled(options: CheckerLabOptions = {}): CheckerLab {
  const lab = new CheckerLab({ checkpointEvery: 2, ...options });
  for (let number = 1; number <= CHAIN.length + 1; number++) {
    for (const value of ["main", "fork"]) lab.checkers.requested(request(number, value), 0);
  }
  lab.settle(1, "r1", CHAIN);
  return lab;
}

const chunksOf = ({ held }: ForgedSnapshot): Chunk[] =>
  [...held.digests()].map((digest) => ({ digest, bytes: held.read(digest)! }));

const stable = (snapshot: ForgedSnapshot = SNAPSHOT, signers: readonly string[] = THREE): PersistOperation => ({
  op: "checkpoint",
  proof: checkpointProof(snapshot, 1, signers),
});

function write(lab: CheckerLab, at: string, snapshot: ForgedSnapshot = SNAPSHOT): void {
  lab.persist(at, { op: "chunks", chunks: chunksOf(snapshot) });
}

/** Returns a checkerLab on which all three have written the snapshot and published its Checkpoint. */
function published(options: CheckerLabOptions = {}): CheckerLab {
  const lab = settled(options);
  for (const at of THREE) {
    write(lab, at);
    lab.send(at, checkpoint(at, SNAPSHOT));
  }
  return lab;
}

function restore(lab: CheckerLab, at: string, index: number, chain = CHAIN): void {
  lab.checkers.restored(at as ReplicaId, { appliedIndex: logIndex(index), ...viewAfter(chain.slice(0, index)) }, 0);
}

/** Returns the transaction a replica commits at the end of a state transfer. */
const installed = (): PersistOperation[] => [
  { op: "restart-log", base: endOf(CHAIN) },
  { op: "prepared", certificate: commitCertificate(1, endOf(CHAIN), THREE), branch: [] },
  { op: "commit", index: endOf(CHAIN).index, certificate: commitCertificate(1, endOf(CHAIN), THREE) },
  stable(),
  { op: "transfer", proof: null },
];

Deno.test("checkpoints that are written, agreed on, compacted to, restarted from and installed violate nothing", () => {
  const lab = published();
  lab.persist("r1", stable(), { op: "compact", base: headIn(CHAIN, 3) });
  lab.send(
    "r1",
    fetchEntriesResponse("r1", { nonce: 1, from: logIndex(1) }, [], null, checkpointProof(SNAPSHOT, 1, THREE)),
  );
  lab.restart("r1");
  restore(lab, "r1", 4);
  lab.follow("r4", 1);
  lab.persist("r4", { op: "transfer", proof: checkpointProof(SNAPSHOT, 1, THREE) });
  write(lab, "r4");
  restore(lab, "r4", 4);
  lab.persist("r4", ...installed());
  lab.restart("r4");
  lab.checkers.finish();
  assertEquals(lab.disk("r4").entries, []);
});

Deno.test("I6: a Checkpoint of a state that the committed entries do not lead to", () => {
  const lab = settled();
  const wrong = { ...snapshotAfter(CHAIN.slice(0, 3)), ...endOf(CHAIN) };
  write(lab, "r1", wrong);
  fires("I6", () => lab.send("r1", checkpoint("r1", wrong)));
});

Deno.test("I5: a Checkpoint of what is not committed; §8.2: or where none is taken", () => {
  const forked = snapshotAfter(FORK);
  fires("I5", () => settled().send("r1", checkpoint("r1", forked)));
  fires("§8.2", () => settled().send("r1", checkpoint("r1", snapshotAfter(CHAIN.slice(0, 3)))));
});

Deno.test("I8: a Checkpoint before its snapshot is held whole, or its entry committed on that disk", () => {
  const lab = settled();
  fires("I8", () => lab.send("r1", checkpoint("r1", SNAPSHOT)));
  for (const { digest } of chunksOf(SNAPSHOT)) {
    const short = settled();
    short.persist("r1", { op: "chunks", chunks: chunksOf(SNAPSHOT).filter((chunk) => chunk.digest !== digest) });
    fires("I8", () => short.send("r1", checkpoint("r1", SNAPSHOT)));
  }
  write(lab, "r4");
  fires("I8", () => lab.send("r4", checkpoint("r4", SNAPSHOT)));
});

Deno.test("§8.2: a stable checkpoint that too few honest replicas have signed; a faulty one may have", () => {
  const lonely = settled();
  for (const at of ["r1", "r2"]) {
    write(lonely, at);
    lonely.send(at, checkpoint(at, SNAPSHOT));
  }
  write(lonely, "r3");
  fires("§8.2", () => lonely.persist("r3", stable()));
  const shown = fetchEntriesResponse(
    "r1",
    { nonce: 1, from: logIndex(1) },
    [],
    null,
    checkpointProof(SNAPSHOT, 1, THREE),
  );
  fires("§8.2", () => lonely.send("r1", shown));
  const beside = settled({ byzantine: ["r4"] });
  for (const at of ["r1", "r2"]) {
    write(beside, at);
    beside.send(at, checkpoint(at, SNAPSHOT));
  }
  beside.persist("r1", stable(SNAPSHOT, ["r1", "r2", "r4"]));
});

Deno.test("§8.3, §5.6: the commit certificate beside a checkpoint is of another point, or of a term that committed nothing", () => {
  const other = published();
  const proof = checkpointProof(SNAPSHOT, 1, THREE, [], commitCertificate(1, headIn(CHAIN, 3), THREE));
  fires("§8.3", () => other.persist("r4", { op: "transfer", proof }));
  fires("§5.6", () => published().persist("r4", { op: "transfer", proof: checkpointProof(SNAPSHOT, 2, THREE) }));
});

Deno.test("I5: entries are dropped that no checkpoint on the same disk stands for", () => {
  fires("I5", () => published().persist("r1", { op: "compact", base: headIn(CHAIN, 2) }));
  const early = snapshotAfter(CHAIN.slice(0, 2));
  const beyond = published();
  for (const at of THREE) {
    write(beyond, at, early);
    beyond.send(at, checkpoint(at, early));
  }
  fires("I5", () => beyond.persist("r1", stable(early), { op: "compact", base: headIn(CHAIN, 3) }));
  const committed = published();
  fires("I5", () => committed.persist("r4", { op: "restart-log", base: endOf(FORK) }));
});

Deno.test("I5: a checkpoint is adopted, or chunks are dropped, so that its snapshot is not whole", () => {
  const lab = published();
  lab.persist("r1", stable());
  const [head] = chunksOf(SNAPSHOT).filter(({ digest }) => digest === SNAPSHOT.stateDigest);
  fires("I5", () => lab.persist("r1", { op: "drop-chunks", digests: [head!.digest] }));
  for (const { digest } of chunksOf(SNAPSHOT)) {
    const lossy = published();
    lossy.persist("r2", stable());
    fires("I5", () => lossy.persist("r2", { op: "drop-chunks", digests: [digest] }));
  }
  const follower = published();
  follower.append("r4", CHAIN);
  follower.commit("r4", 1, endOf(CHAIN));
  fires("I5", () => follower.persist("r4", stable()));
});

Deno.test("I5: a restart finds a log from which something is missing", () => {
  const lab = published();
  lab.persist("r1", stable(), { op: "compact", base: headIn(CHAIN, 4) });
  lab.disk("r1").write({ op: "drop-chunks", digests: [SNAPSHOT.stateDigest] as Digest[] });
  fires("I5", () => lab.restart("r1"));
});

Deno.test("I6: a replica starts from another state than the entries lead to, or goes back to an earlier one", () => {
  fires("I6", () => restore(published(), "r1", 4, FORK));
  const lab = published();
  restore(lab, "r1", 4);
  fires("I6", () => restore(lab, "r1", 2));
});

Deno.test("I7: what came with a snapshot is executed again; what came with it need not be", () => {
  const lab = published();
  restore(lab, "r1", 4);
  const { message } = request(4, "main");
  fires("I7", () => lab.checkers.executed("r1" as ReplicaId, logIndex(4), message.client, message.command, 0));
});

Deno.test("I10: the commit index goes back in an install", () => {
  const lab = published();
  lab.persist("r1", stable(), { op: "compact", base: headIn(CHAIN, 4) });
  fires("I10", () => lab.commit("r1", 1, headIn(CHAIN, 3)));
});

Deno.test("I8: the highest certificate's entries are lost as a log is restarted", () => {
  const lab = published();
  const more = grow(endOf(CHAIN), 1, 1);
  lab.spread(1, more);
  lab.follow("r4", 1);
  lab.append("r4", CHAIN);
  const certificate = prepareCertificate(1, endOf(more), THREE);
  lab.persist("r4", { op: "append", entries: more }, { op: "prepared", certificate, branch: [] });
  write(lab, "r4");
  const [restart, , commit, adopt] = installed();
  fires("I8", () => lab.persist("r4", restart!, commit!, adopt!));
});

Deno.test("replicas of one cluster make the checkpoint wherever they are", () => {
  const lab = published();
  for (const at of FOUR.slice(0, 3)) lab.persist(at, stable(), { op: "compact", base: headIn(CHAIN, 4) });
  for (const at of FOUR.slice(0, 3)) lab.restart(at);
});
