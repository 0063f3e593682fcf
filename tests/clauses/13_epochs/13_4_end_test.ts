/** §13.4 The end of an epoch: a stable checkpoint at the stop-sign. */
import { assert, assertEquals } from "@std/assert";
import { sha256Hex } from "../../../crypto/digest.ts";
import { nextAfter } from "../../../protocol/epochs/epoch_end.ts";
import { logIndex, replicaId } from "../../../protocol/ids.ts";
import type { Checkpoint } from "../../../protocol/message.ts";
import { committedCommand, fastRead } from "../../../replica/answers/queries.ts";
import { screen } from "../../../replica/core/screen.ts";
import { KvStore } from "../../../state_machine/mod.ts";
import { plainChanges, plainDigest } from "../../support/rosters/plain_rosters.ts";
import * as forge from "../support/forge.ts";
import { type Lab, type Outcome, requestInput, sentOf } from "../support/lab.ts";
import { FIRST, PEERS, SECOND, stopAfter, stopLab } from "./stop_lab.ts";

const BEFORE = [
  ...forge.grow(forge.GENESIS, 2, 1),
  forge.entryAfter(forge.endOf(forge.grow(forge.GENESIS, 2, 1)), 1, [
    forge.request(3, "mine", "c2"),
  ]),
];
const CHAIN = [...BEFORE, stopAfter(forge.endOf(BEFORE), 1)];
const STOP = forge.endOf(CHAIN);
const changes = plainChanges(FIRST);

const ROLL_CALL = {
  kind: "RollCall" as const,
  signed: forge.signAs("r4", { kind: "RollCall", replica: replicaId("r4"), nonce: sha256Hex(Uint8Array.of(7)) }),
};

const said = (outcome: Outcome): Checkpoint[] => sentOf(outcome, "Checkpoint").map(({ signed }) => signed.message);

/** Returns the same checkpoint as published by `replica`. */
const same = (replica: string, checkpoint: Checkpoint) => ({
  kind: "Checkpoint" as const,
  signed: forge.signAs(replica, { ...checkpoint, replica: replicaId(replica) }),
});

/** Commits the chain up to the stop-sign; returns the Checkpoint that this replica then signs. */
function stopped(lab: Lab): Checkpoint {
  lab.follow("r1", 1, CHAIN);
  lab.receive(...forge.reportsOf(PEERS, 1, STOP));
  return said(lab.until((last) => said(last).length > 0, 1000)).at(-1)!;
}

Deno.test("§13.4a applying it settles its request, then drops what is held of clients that are listed no more", () => {
  const lab = stopLab();
  assert(lab.state.sessions.clients.has("c2" as never));
  stopped(lab);
  assertEquals([...lab.state.sessions.clients.keys()].map(String), ["c1"]);
  const answers = lab.replies.flatMap(({ client, answers }) =>
    answers.map(({ outcome, index }) => [client, outcome, index])
  );
  assertEquals(answers.at(-1)![1] as string, "applied");
  assertEquals(answers.filter(([, , index]) => index === STOP.index).map(([client]) => String(client)), ["c1"]);
});

Deno.test("§13.4b a checkpoint is due at its index, whatever K", () => {
  const { index, hash } = stopped(stopLab({ constants: { checkpointEvery: 1000 } }));
  assertEquals({ index, hash }, STOP);
});

Deno.test("§13.4c with one committed, and after a restart, it answers no fast read, no question for entries and no roll call", () => {
  const lab = stopLab({ constants: { fastReads: true } });
  const answers = () => {
    const { verdicts } = lab.receive(ROLL_CALL);
    const { client, command } = forge.query(1).message;
    const read = fastRead(lab.state, { machine: new KvStore(), changes }, client, command);
    const asked = committedCommand(lab.state, changes, logIndex(9));
    return [verdicts[0]!.verdict, read.ok, asked.ok];
  };
  lab.follow("r1", 1, CHAIN);
  lab.elapse(3000);
  assertEquals(answers(), ["accept", true, true]);
  lab.receive(...forge.reportsOf(PEERS, 1, STOP));
  assertEquals(answers(), ["ignore", false, false]);
  lab.restart();
  assertEquals(answers(), ["ignore", false, false]);
});

Deno.test("§13.4d commit alone ends nothing, nor do Checkpoints of fewer than Q", () => {
  const lab = stopLab();
  const own = stopped(lab);
  lab.elapse(1000);
  assertEquals(lab.state.ended, null);
  lab.receive(same("r1", own));
  assertEquals(lab.state.ended, null);
  lab.receive(same("r3", own));
  const { end, held } = lab.state.ended!;
  assertEquals([end.epoch, end.entry.index, end.before, held], [1, STOP.index, forge.endOf(BEFORE).hash, true]);
  const { verdicts } = lab.run([requestInput(forge.request(9, "late"))]);
  assertEquals(verdicts, [{ verdict: "ignore", code: "epoch-ended" }]);
  lab.restart();
  assertEquals(lab.state.ended?.end, end, "and it is on the disk");
});

Deno.test("§13.4e an end proves itself to whoever has the roster, and nothing else does", () => {
  const lab = stopLab();
  const own = stopped(lab);
  lab.receive(same("r1", own), same("r3", own));
  const { end } = lab.state.ended!;
  const { stable, commit } = end.proof;
  const judged = (changed: Partial<typeof end>) => nextAfter(lab.state, sha256Hex, changes, { ...end, ...changed });
  assertEquals(judged({})?.digest, plainDigest(SECOND));
  const fewer = { ...stable, checkpoints: stable.checkpoints.slice(1) };
  const lower = { ...commit, index: logIndex(3), hash: forge.endOf(BEFORE).hash };
  const other = forge.entryAfter(forge.endOf(BEFORE), 1, [forge.request(4, "no stop-sign")]);
  for (
    const wrong of [
      { epoch: 2 },
      { before: STOP.hash },
      { entry: BEFORE[2]!.entry },
      { entry: other.entry },
      { proof: { stable: fewer, commit } },
      { proof: { stable: { ...stable, stateDigest: sha256Hex(Uint8Array.of(1)) }, commit } },
      { proof: { stable, commit: lower } },
      { proof: { stable, commit: { ...commit, responses: commit.responses.slice(1) } } },
    ]
  ) {
    assertEquals(judged(wrong), null);
  }
  assertEquals(nextAfter(lab.state, sha256Hex, plainChanges({ ...FIRST, clients: [] }), end), null, "another roster");
});

Deno.test("§13.4f a Checkpoint at another index is kept, and counts once the snapshot there is written", () => {
  const early = stopped(stopLab());
  const lab = stopLab();
  assertEquals(screen(lab.state, same("r1", early)).verdict, { verdict: "accept" });
  lab.receive(same("r1", early), same("r3", early));
  lab.follow("r1", 1, CHAIN);
  lab.receive(...forge.reportsOf(PEERS, 1, STOP));
  lab.elapse(50);
  assertEquals(lab.state.ended?.end.entry.index, STOP.index);
});

Deno.test("§13.4f it is held against its sender where an entry that is none is committed there", () => {
  const lab = stopLab();
  const { index: _, ...rest } = stopped(stopLab());
  const lie = same("r3", { ...rest, index: logIndex(2) });
  assertEquals(lab.receive(lie).verdicts[0]!.verdict, "accept");
  lab.follow("r1", 1, CHAIN);
  lab.receive(...forge.reportsOf(PEERS, 1, STOP));
  assertEquals([screen(lab.state, lie).verdict.verdict, lab.receive(lie).verdicts[0]!.verdict], ["reject", "reject"]);
});
