/** §13.9 Replicas that lost their disks, over the end of an epoch. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { sha256Hex } from "../../../crypto/digest.ts";
import { nextGenesis } from "../../../protocol/hash_chain.ts";
import { term } from "../../../protocol/ids.ts";
import type { Recovery } from "../../../replica/core/log/durable_state.ts";
import { beginningOf } from "../../../replica/epochs/cross.ts";
import { StorageError } from "../../../replica/storage/port.ts";
import { plainDigest } from "../../support/rosters/plain_rosters.ts";
import * as forge from "../support/forge.ts";
import { type Lab, sentOf } from "../support/lab.ts";
import { SECOND, stopAfter, stopLab } from "./stop_lab.ts";

const CHAIN = [...forge.grow(forge.GENESIS, 3, 1)];
CHAIN.push(stopAfter(forge.endOf(CHAIN), 1));
const STOP = forge.endOf(CHAIN);
const NONCE = sha256Hex(Uint8Array.of(5));
const stateDigest = sha256Hex(Uint8Array.of(6));

/** Returns a replica that lost its disk, with or without its bar. */
function learner(recovery: Recovery): Lab {
  const lab = stopLab();
  const hardState = { ...lab.disk.hardState, recovery };
  lab.disk.write({ op: "hard-state", state: hardState });
  lab.disk.tip = { ...lab.disk.tip, hardState };
  lab.restart();
  return lab;
}

/** Returns what begins the next epoch on the disk of a replica that was shown the end. */
const crossing = (lab: Lab) => {
  const stable = { ...STOP, stateDigest, checkpoints: [] };
  const commit = { kind: "commit" as const, term: term(1), ...STOP, links: [], responses: [] };
  const end = {
    epoch: 1,
    proof: { stable, commit },
    before: forge.endOf(CHAIN.slice(0, 3)).hash,
    entry: CHAIN[3]!.entry,
  };
  return beginningOf(lab.state, { end, held: false }, sha256Hex, plainDigest(SECOND));
};

Deno.test("§13.9a a learner that has its bar when its epoch ends is a full member of the next one", () => {
  const lab = learner({ nonce: NONCE, bar: term(0) });
  const { genesis, recovery } = crossing(lab);
  assertEquals([recovery, genesis], [null, nextGenesis(sha256Hex, 2, plainDigest(SECOND), STOP, stateDigest)]);
  lab.beginEpoch(SECOND, genesis, false, recovery);
  const outcome = lab.elapse(1000);
  assert(sentOf(outcome, "PreVote").length > 0, "it takes part in elections");
  assertEquals(sentOf(outcome, "RollCall"), []);
});

Deno.test("§13.9b one without a bar crosses as a learner and calls the roll there; its disk lets it do nothing else", () => {
  const lab = learner({ nonce: NONCE, bar: null });
  const { genesis, recovery, held } = crossing(lab);
  assertEquals([recovery, held], [{ nonce: NONCE, bar: null }, false]);
  assertThrows(() => lab.beginEpoch(SECOND, genesis, false, null), StorageError, "its bar is not known");
  lab.beginEpoch(SECOND, genesis, false, recovery);
  const outcome = lab.elapse(1000);
  assertEquals(sentOf(outcome, "PreVote"), []);
  assertEquals(sentOf(outcome, "RollCall").map(({ signed }) => signed.message.nonce)[0], NONCE);
});
