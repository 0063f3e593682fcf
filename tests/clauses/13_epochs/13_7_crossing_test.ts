/** §13.7 Crossing from one epoch to the next. Who crosses without the state is in 13_5_beginning_test.ts. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { sha256Hex } from "../../../crypto/digest.ts";
import { genesisBehind } from "../../../protocol/epochs/epoch_end.ts";
import { nextGenesis } from "../../../protocol/hash_chain.ts";
import { replicaId, term } from "../../../protocol/ids.ts";
import { InvariantError } from "../../../protocol/invariant.ts";
import { assertDurable, beginEpoch, createDurableMark } from "../../../replica/disk/durable_mark.ts";
import { beginningOf, waitingIn } from "../../../replica/epochs/cross.ts";
import { isUnused } from "../../../replica/epochs/newcomer.ts";
import { bytesOf } from "../../../replica/epochs/rosters.ts";
import { epochOf } from "../../../replica/storage/epoch.ts";
import { GuardError, type SigningIntent } from "../../../replica/storage/port.ts";
import { epochEndCodec } from "../../../transport/codec/mod.ts";
import { EpochChain } from "../../support/epochs/epoch_lab.ts";
import { plainDigest } from "../../support/rosters/plain_rosters.ts";
import * as forge from "../support/forge.ts";
import { type Lab, requestInput, sentOf } from "../support/lab.ts";
import { PEERS, SECOND, stopAfter, stopLab } from "./stop_lab.ts";

const BEFORE = forge.grow(forge.GENESIS, 3, 1);
const CHAIN = [...BEFORE, stopAfter(forge.endOf(BEFORE), 1)];
const STOP = forge.endOf(CHAIN);

/** Ends the first epoch in a core of it. */
function ended(lab: Lab): Lab {
  lab.follow("r1", 1, CHAIN);
  lab.receive(...forge.reportsOf(PEERS, 1, STOP));
  const own = sentOf(lab.until((last) => sentOf(last, "Checkpoint").length > 0), "Checkpoint")[0]!.signed.message;
  for (const id of ["r1", "r3"]) {
    lab.receive({ kind: "Checkpoint", signed: forge.signAs(id, { ...own, replica: replicaId(id) }) });
  }
  assert(lab.state.ended !== null);
  return lab;
}

const genesisOf = ({ state }: Lab) => genesisBehind(sha256Hex, plainDigest(SECOND), state.ended!.end);

Deno.test("§13.7a a core that has ended takes nothing on, and its mark refuses all that it signs from when the next epoch is begun", () => {
  const lab = ended(stopLab());
  assertEquals(new Set(lab.elapse(5000).sent.map(({ packet }) => packet.kind)), new Set(["AppendEntriesResponse"]));
  const { sent, persisted, verdicts } = lab.receive(forge.preVote("r1", 9), forge.requestVote("r3", 2, PEERS));
  assertEquals([sent, persisted, verdicts.map(({ verdict }) => verdict)], [[], [], ["ignore", "ignore"]]);
  const mark = createDurableMark(lab.state);
  const packet = {
    kind: "PreVote",
    signed: { kind: "PreVote", term: term(0), replica: lab.self },
    proof: null,
  } as const;
  assertDurable(mark, packet);
  const refusing = {
    commit: () => assertThrows(() => assertDurable(mark, packet), InvariantError, "which this replica left"),
  };
  beginEpoch(refusing as never, mark, beginningOf(lab.state, lab.state.ended!, sha256Hex, plainDigest(SECOND)));
  assertThrows(() => assertDurable(mark, packet), InvariantError, "which this replica left");
});

Deno.test("§13.7a the guard signs nothing of the next epoch before that has begun on the disk, and nothing of the one before then", () => {
  const lab = ended(stopLab());
  const vote = (epoch: number): SigningIntent => {
    const { message, body } = forge.vote("r2", 1, "r1", { term: term(0), ...forge.GENESIS });
    return { epoch, kind: "vote", vote: message, body };
  };
  assertThrows(() => lab.storage.commit([], [vote(2)]), GuardError, "this disk is in epoch 1");
  lab.beginEpoch(SECOND, genesisOf(lab), true);
  assertThrows(() => lab.storage.commit([], [vote(1)]), GuardError, "for epoch 1");
});

Deno.test("§13.7b a crash before the beginning is durable leaves a replica of the old epoch, which finds the end on its log; one behind it, one of the new", () => {
  const lab = ended(stopLab());
  const { end } = lab.state.ended!;
  lab.storage.epochs.put(1, new Uint8Array(1), epochEndCodec.encode(end));
  lab.storage.epochs.put(2, new Uint8Array(2), null);
  lab.restart();
  assertEquals([lab.state.genesis.epoch, lab.state.ended], [1, { end, held: true }]);
  lab.beginEpoch(SECOND, genesisOf(lab), true);
  lab.restart();
  assertEquals([lab.state.genesis.epoch, lab.state.ended], [2, null]);
});

Deno.test("§13.7b a new member that crashes before it has begun waits as before, whatever is in its archive", () => {
  const chain = new EpochChain();
  chain.advance();
  const storage = chain.disk(0);
  storage.epochs.put(1, bytesOf(chain.of(1)), epochEndCodec.encode(chain.ends[0]!));
  storage.epochs.put(2, bytesOf(chain.of(2)), null);
  assertEquals([isUnused(storage), epochOf(storage.load())], [true, 1]);
  const genesis = genesisBehind(sha256Hex, chain.of(2).digest, chain.ends[0]!);
  storage.commit([{ op: "begin-epoch", genesis, held: false, recovery: null }], []);
  assertEquals([isUnused(storage), epochOf(storage.load())], [false, 2]);
});

Deno.test("§13.7c who holds the state that is certified goes on with it, and fetches nothing", () => {
  const lab = ended(stopLab());
  const { ended: { end, held } } = lab.state as { ended: NonNullable<typeof lab.state.ended> };
  const { stable } = end.proof;
  assertEquals(held, true);
  lab.beginEpoch(SECOND, nextGenesis(sha256Hex, 2, plainDigest(SECOND), STOP, stable.stateDigest), held);
  const { appliedIndex, commitIndex, transfer, checkpoints, sessions } = lab.state;
  assertEquals([appliedIndex, commitIndex, transfer], [STOP.index, STOP.index, null]);
  assertEquals(checkpoints.stableProof?.stable.stateDigest, stable.stateDigest);
  assert(sessions.clients.has("c1" as never));
});

Deno.test("§13.7f requests that waited are handed to the new core, if the roster lists their client with the same key", () => {
  const lab = stopLab();
  lab.follow("r1", 1, CHAIN);
  const waits = (["c1", "c2"] as const).map((client) => forge.request(9, "waits", client));
  lab.run(waits.map((request) => requestInput(request, true)));
  const roster = (clients: readonly (readonly [string, string])[]) => ({
    roster: { clients: clients.map(([id, publicKey]) => ({ id, publicKey })) },
  });
  const before = roster([["c1", "k1"], ["c2", "k2"]]);
  const handed = (next: ReturnType<typeof roster>) =>
    waitingIn(lab.state, before as never, next as never).map(({ message }) => String(message.client));
  assertEquals(handed(before), ["c1", "c2"]);
  assertEquals(handed(roster([["c1", "k1"], ["c2", "another"]])), ["c1"]);
  assertEquals(handed(roster([["c2", "k2"]])), ["c2"]);
});
