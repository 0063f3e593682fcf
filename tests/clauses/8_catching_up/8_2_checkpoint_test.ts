/** §8.2: what one replica publishes and keeps of checkpoints. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { sha256Hex } from "../../../crypto/digest.ts";
import { logIndex, replicaId } from "../../../protocol/ids.ts";
import { InvariantError } from "../../../protocol/invariant.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import type { Checkpoint } from "../../../protocol/message.ts";
import { restoreSnapshot } from "../../../protocol/snapshot/snapshot_restore.ts";
import { StorageError } from "../../../replica/storage/port.ts";
import * as forge from "../support/forge.ts";
import { Lab, type Outcome, sentOf } from "../support/lab.ts";

const CHAIN = forge.grow(forge.GENESIS, 12, 1);
const PEERS = ["r1", "r3", "r4"];
const at = (index: number) => forge.headIn(CHAIN, index);

const said = (outcome: Outcome): Checkpoint[] => sentOf(outcome, "Checkpoint").map(({ signed }) => signed.message);

/** Returns the same checkpoint as published by `replica`. */
const same = (replica: string, checkpoint: Checkpoint) => ({
  kind: "Checkpoint" as const,
  signed: forge.signAs(replica, { ...checkpoint, replica: replicaId(replica) }),
});

/** Appends and commits entries up to `to`, after those up to `from`, and returns the Checkpoint of `to`. */
function advance(lab: Lab, from: number, to: number): Checkpoint {
  const entries = CHAIN.slice(from, to);
  if (from === 0) lab.follow("r1", 1, entries);
  else lab.receive(forge.appendEntries("r1", 1, entries, { prev: at(from), round: to }));
  lab.receive(...forge.reportsOf(PEERS, 1, at(to)));
  return said(lab.until((last) => said(last).some(({ index }) => index === to), 1000)).at(-1)!;
}

Deno.test("§8.2d a Checkpoint that another one has overtaken is not signed any more", () => {
  const lab = new Lab({ constants: { checkpointEvery: 2, logTail: 0 } });
  const second = advance(lab, 0, 2);
  lab.receive(same("r1", second), same("r3", second));
  assertEquals(Number(lab.state.checkpoints.stableProof?.stable.index), 2);
  const fourth = advance(lab, 2, 4);
  lab.elapse(5000); // so that r4 may be told of the stable one
  // In one batch r4 asks for the second, and the fourth becomes stable and takes its entry off the log.
  const outcome = lab.receive(same("r4", second), same("r1", fourth), same("r3", fourth));
  assertEquals(Number(lab.state.log.base.index), 3);
  assert(said(outcome).every(({ index }) => index === 4));
});

const constants = { checkpointEvery: 2, logTail: 0 };
const OTHER = sha256Hex(Uint8Array.of(1));
const stable = ({ state }: Lab): number => state.checkpoints.stableProof?.stable.index ?? 0;

Deno.test("§8.2a a Checkpoint is signed once its snapshot is durable, and the storage allows none of another", () => {
  const lab = new Lab({ constants });
  const { stateDigest, ...rest } = advance(lab, 0, 2);
  const { digests } = restoreSnapshot(stateDigest, (digest) => lab.storage.chunks.read(digest), sha256Hex);
  assert(digests.every((digest) => lab.storage.chunks.has(digest)));
  const sign = (checkpoint: Checkpoint) => lab.storage.commit([], [{ epoch: 1, kind: "checkpoint", checkpoint }]);
  sign({ stateDigest, ...rest });
  assertThrows(() => sign({ ...rest, stateDigest: OTHER }), StorageError, "is not held");
  assertThrows(() => sign({ ...rest, stateDigest, index: logIndex(4) }), StorageError, "above commit index 2");
  assertThrows(() => sign({ ...rest, stateDigest, hash: OTHER }), StorageError, "where the log holds");
});

Deno.test("§8.2c it is repeated until it is stable, and then told to who still speaks of it", () => {
  const lab = new Lab({ constants });
  const second = advance(lab, 0, 2);
  const repeated = lab.elapse(1000);
  assertEquals([said(repeated).length, said(repeated)[0]], [2, second]); // every half election timeout
  lab.receive(same("r1", second), same("r3", second));
  assertEquals([stable(lab), said(lab.elapse(2000))], [2, []]);
  const { sent } = lab.receive(same("r4", second));
  assertEquals(sent.map(({ to, packet }) => [to, packet.kind]), [[[lab.ids[3]!], "Checkpoint"]]);
});

Deno.test("§8.2e Q different replicas with the same digest make a checkpoint stable, this one among them", () => {
  const lab = new Lab({ constants });
  const second = advance(lab, 0, 2);
  lab.receive(same("r1", second), same("r1", second));
  assertEquals(stable(lab), 0);
  lab.receive(same("r4", { ...second, stateDigest: OTHER }), same("r4", second)); // its first one counts
  assertEquals(stable(lab), 0);
  lab.receive(same("r3", second));
  assertEquals(stable(lab), 2);
  const { stable: { checkpoints }, commit } = lab.state.checkpoints.stableProof!;
  assertEquals(checkpoints.map(({ message }) => String(message.replica)).sort(), ["r1", "r2", "r3"]);
  assertEquals([commit.index, commit.hash], [second.index, second.hash]);
});

Deno.test("§8.2f a checkpoint becomes stable though commits have gone on further than a certificate's links reach", () => {
  const every = LIMITS.maxLinks / 2;
  const lab = new Lab({ constants: { checkpointEvery: every } });
  const chain = Array.from({ length: 3 * every + 60 }, () => 0).reduce<ReturnType<typeof forge.grow>>((grown) => {
    grown.push(forge.entryAfter(grown.length > 0 ? forge.endOf(grown) : forge.GENESIS, 1, []));
    return grown;
  }, []);
  const head = (index: number) => ({ index: logIndex(index), hash: chain[index - 1]!.hash });
  lab.follow("r1", 1, chain.slice(0, 64));
  for (let from = 64; from < chain.length; from += 64) {
    const packet = forge.appendEntries("r1", 1, chain.slice(from, from + 64), { prev: head(from), round: from });
    lab.receive(packet, ...(from % 512 === 0 ? forge.reportsOf(PEERS, 1, head(from + 8)) : []));
  }
  lab.receive(...forge.reportsOf(PEERS, 1, head(chain.length)));
  lab.elapse(1000);
  const first = lab.state.checkpoints.open.find(({ index }) => index === every)!;
  const { index, hash, stateDigest } = first;
  const checkpoint = { kind: "Checkpoint", replica: lab.self, index, hash, stateDigest } as const;
  lab.receive(same("r1", checkpoint), same("r3", checkpoint));
  assertEquals([stable(lab), Number(lab.state.commitIndex)], [every, chain.length]);
});

Deno.test("§8.2g I6 a replica whose own digest is not the one that Q others sign stops", () => {
  const lab = new Lab({ constants });
  const second = { ...advance(lab, 0, 2), stateDigest: OTHER };
  lab.receive(same("r1", second), same("r3", second));
  assertThrows(() => lab.receive(same("r4", second)), InvariantError, `where a quorum has ${OTHER}`);
});
