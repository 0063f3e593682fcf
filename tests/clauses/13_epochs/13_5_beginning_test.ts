/** §13.5 The beginning of an epoch, and who begins it without the state (§13.7). */
import { assert, assertEquals } from "@std/assert";
import { sha256Hex } from "../../../crypto/digest.ts";
import type { Genesis } from "../../../protocol/config.ts";
import { genesisProof } from "../../../protocol/epochs/genesis_proof.ts";
import { nextGenesis } from "../../../protocol/hash_chain.ts";
import { logIndex, replicaId } from "../../../protocol/ids.ts";
import type { Checkpoint } from "../../../protocol/message.ts";
import { genesisCertificate } from "../../../replica/core/create_state.ts";
import { plainDigest } from "../../support/rosters/plain_rosters.ts";
import * as forge from "../support/forge.ts";
import { Lab, requestInput, sentOf } from "../support/lab.ts";
import { PEERS, SECOND, stopAfter, stopLab } from "./stop_lab.ts";

const BEFORE = forge.grow(forge.GENESIS, 3, 9);
const CHAIN = [...BEFORE, stopAfter(forge.endOf(BEFORE), 9)];
const STOP = forge.endOf(CHAIN);

const same = (replica: string, checkpoint: Checkpoint) => ({
  kind: "Checkpoint" as const,
  signed: forge.signAs(replica, { ...checkpoint, replica: replicaId(replica) }),
});

/** Ends the first epoch in a core of it, and returns the genesis of the second. */
function ended(lab: Lab): Genesis {
  lab.follow("r1", 9, CHAIN);
  lab.receive(...forge.reportsOf(PEERS, 9, STOP));
  const own = sentOf(lab.until((last) => sentOf(last, "Checkpoint").length > 0), "Checkpoint")[0]!.signed.message;
  lab.receive(same("r1", own), same("r3", own));
  const { stable } = lab.state.ended!.end.proof;
  return nextGenesis(sha256Hex, 2, plainDigest(SECOND), STOP, stable.stateDigest);
}

/** Returns a core that has crossed into the second epoch with the state, and its genesis. */
function crossed(): { lab: Lab; genesis: Genesis } {
  const lab = stopLab();
  const genesis = ended(lab);
  lab.beginEpoch(SECOND, genesis, true);
  return { lab, genesis };
}

Deno.test("§13.5a nothing but state and sessions crosses: terms begin at 1 and entries behind the genesis", () => {
  const { lab, genesis } = crossed();
  const { hard, log, prepared, branch, commitIndex, evidence, genesis: own } = lab.state;
  assertEquals([hard.currentTerm, hard.preVoted, hard.vote, hard.ack].map((each) => each ?? 0), [0, 0, 0, 0]);
  assertEquals([log.entries, branch, evidence], [[], [], []]);
  assertEquals(own, genesis);
  assertEquals({ ...prepared }, { ...genesisCertificate(genesis) });
  assertEquals([commitIndex, lab.state.appliedIndex], [genesis.index, genesis.index]);
  assert(lab.state.sessions.clients.has("c1" as never));
  lab.lead(1);
  assertEquals(lab.state.log.entries.map(({ entry }) => [Number(entry.term), Number(entry.index)]), [[
    1,
    STOP.index + 1,
  ]]);
});

Deno.test("§13.5b who begins suspects at once, and does not call that a failed election", () => {
  const { lab } = crossed();
  const outcome = lab.elapse(10);
  assertEquals(sentOf(outcome, "PreVote").map(({ signed }) => Number(signed.message.term)), [1]);
  assertEquals(lab.state.election.failures, 0);
});

Deno.test("§13.5c a register of an earlier epoch is void, unless it opened a session already", () => {
  const { lab } = crossed();
  const outcomes = (base: number) => {
    lab.run([requestInput(forge.register(base, 7), true)]);
    return lab.replies.at(-1)?.answers.map(({ outcome }) => outcome) ?? [];
  };
  assertEquals(outcomes(STOP.index - 1), ["void"]);
  lab.replies.length = 0;
  assertEquals(outcomes(STOP.index), [], "one of this epoch waits for a leader");
});

Deno.test("§13.5d sizes and members are those of the roster in force, and nothing replicated is cut", () => {
  const lab = stopLab();
  const genesis = ended(lab);
  const kept = lab.state.sessions.clients.size;
  lab.beginEpoch({ ...SECOND, replicas: ["r1", "r2", "r3", "r4", "r5", "r6", "r7"] }, genesis, true);
  assertEquals([lab.state.quorumSizes.n, lab.state.quorumSizes.quorum], [7, 5]);
  assertEquals(lab.state.sessions.clients.size, kept);
});

Deno.test("§13.7d a member without the state claims nothing, votes, does not stand, and acks nothing", () => {
  const genesis = ended(stopLab());
  const lab = new Lab();
  lab.beginEpoch(SECOND, genesis, false);
  assertEquals([lab.state.commitIndex, lab.state.appliedIndex].map(Number), [0, 0]);
  lab.receive(...PEERS.map((id) => forge.preVote(id, 1)));
  lab.elapse(8000);
  assertEquals([lab.state.view.role, Number(lab.state.hard.currentTerm)], ["follower", 0]);
  const base = genesisCertificate(genesis);
  const next = forge.grow(genesis, 2, 1);
  const sent = lab.receive(forge.appendEntries("r1", 1, next, {
    ...{ prev: genesis, proof: forge.electionProof("r1", 1, PEERS, base) },
  }));
  assertEquals(sentOf(sent, "AppendEntriesResponse").flatMap(({ signed }) => signed.message.acks), []);
  const later = lab.elapse(500);
  assert(sentOf(later, "AppendEntriesResponse").every(({ signed }) => Number(signed.message.commitIndex) === 0));
  const { message } = sentOf(lab.receive(forge.requestVote("r3", 2, PEERS, base)), "Vote")[0]?.signed ??
    sentOf(lab.elapse(3000), "Vote")[0]!.signed;
  assertEquals([String(message.candidate), Number(message.term)], ["r3", 2]);
});

Deno.test("§13.7e the transfer of a genesis is given up for a newer checkpoint alone, however many lack it", () => {
  const genesis = ended(stopLab());
  const lab = new Lab();
  lab.beginEpoch(SECOND, genesis, false);
  assertEquals(lab.state.transfer?.target, genesisProof(genesis));
  for (let round = 0; round < 3; round++) {
    const asked = lab.until((last) => sentOf(last, "FetchChunks").length > 0);
    for (const { to, packet } of asked.sent) {
      if (packet.kind !== "FetchChunks") continue;
      const { nonce } = packet.signed.message;
      for (const id of to as readonly string[]) {
        const message = { kind: "FetchChunksResponse", replica: replicaId(id), nonce } as const;
        lab.receive({ kind: "FetchChunksResponse", signed: forge.signAs(id, message), chunks: [] });
      }
    }
  }
  assertEquals(lab.state.transfer?.target, genesisProof(genesis));
  assertEquals(Number(lab.state.genesis.index), Number(logIndex(STOP.index)));
});
