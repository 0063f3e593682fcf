/** §8.2: what one replica says and keeps of checkpoints. */
import { assert, assertEquals } from "@std/assert";
import { replicaId } from "../../replica/core/ids.ts";
import type { Checkpoint } from "../../replica/core/message.ts";
import * as forge from "./forge.ts";
import { Lab, type Outcome, sentOf } from "./lab.ts";

const CHAIN = forge.grow(forge.GENESIS, 12, 1);
const PEERS = ["r1", "r3", "r4"];
const at = (index: number) => forge.headIn(CHAIN, index);

const said = (outcome: Outcome): Checkpoint[] => sentOf(outcome, "Checkpoint").map(({ signed }) => signed.message);

/** What `replica` says of the same checkpoint. */
const same = (replica: string, checkpoint: Checkpoint) => ({
  kind: "Checkpoint" as const,
  signed: forge.signAs(replica, { ...checkpoint, replica: replicaId(replica) }),
});

/** Appends and commits entries up to `to`, after those up to `from`, and hands back the Checkpoint of `to`. */
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
  assertEquals(Number(lab.state.checkpoints.proof?.stable.index), 2);
  const fourth = advance(lab, 2, 4);
  lab.elapse(5000); // so that r4 may be told of the stable one
  // In one batch r4 asks for the second, and the fourth becomes stable and takes its entry off the log.
  const outcome = lab.receive(same("r4", second), same("r1", fourth), same("r3", fourth));
  assertEquals(Number(lab.state.log.base.index), 3);
  assert(said(outcome).every(({ index }) => index === 4));
});
