/** §13.13 Records of epochs: evidence is of the one that it was found in. */
import { assertEquals } from "@std/assert";
import { evidenceJudge } from "../../../client/evidence/judge_evidence.ts";
import { sha256Hex } from "../../../crypto/digest.ts";
import type { Evidence } from "../../../protocol/evidence.ts";
import { nextGenesis } from "../../../protocol/hash_chain.ts";
import { logIndex, replicaId, term } from "../../../protocol/ids.ts";
import { suspicionReason } from "../../../replica/core/election/suspicion.ts";
import { backend } from "../../support/backends.ts";
import { EpochChain, epochIngress } from "../../support/epochs/epoch_lab.ts";
import { plainDigest } from "../../support/rosters/plain_rosters.ts";
import * as forge from "../support/forge.ts";
import { SECOND, stopLab } from "./stop_lab.ts";

const base = { term: term(0), ...forge.GENESIS };
const DOUBLE_VOTE: Evidence = {
  ...{ kind: "double-vote", culprit: replicaId("r1") },
  ...{ first: forge.vote("r1", 1, "r3", base), second: forge.vote("r1", 1, "r4", base) },
};

Deno.test("§13.13b evidence makes nobody suspect in another epoch, and the same may be found anew there", () => {
  const lab = stopLab();
  lab.receive({ kind: "Evidence", evidence: DOUBLE_VOTE });
  lab.restart();
  lab.follow("r1", 1);
  assertEquals([lab.state.evidence, suspicionReason(lab)], [[DOUBLE_VOTE], "evidence"]);
  const end = { index: logIndex(4), hash: plainDigest(SECOND) };
  const genesis = nextGenesis(sha256Hex, 2, plainDigest(SECOND), end, plainDigest(SECOND));
  lab.beginEpoch(SECOND, genesis, false);
  assertEquals(lab.state.evidence, []);
  const { persisted } = lab.receive({ kind: "Evidence", evidence: DOUBLE_VOTE });
  assertEquals(persisted.map(({ op }) => op), ["evidence"]);
  lab.restart();
  assertEquals(lab.state.evidence, [DOUBLE_VOTE]);
});

Deno.test("§13.13a evidence of one epoch is none in another, and halves of two are none at all", () => {
  const chain = new EpochChain();
  chain.advance();
  const vote = (epoch: number, candidate: string) =>
    chain.sign(
      "r2",
      epoch,
      {
        ...{ kind: "Vote", term: term(1), voter: replicaId("r2"), candidate: replicaId(candidate), granted: true },
        base: { term: term(0), index: logIndex(0), hash: plainDigest(SECOND) },
      } as const,
    );
  const piece = (first: number, second: number): Evidence => ({
    ...{ kind: "double-vote", culprit: replicaId("r2"), first: vote(first, "r3"), second: vote(second, "r4") },
  });
  const judge = (epoch: number, evidence: Evidence) => {
    const taken = epochIngress(chain, epoch).send("r3", "published", { kind: "Evidence", evidence });
    const { convicted } = evidenceJudge(chain.of(epoch), backend)(evidence);
    assertEquals(convicted, taken !== null, "whoever judges offline agrees");
    return convicted;
  };
  assertEquals([judge(1, piece(1, 1)), judge(2, piece(2, 2))], [true, true]);
  for (const mixed of [piece(1, 2), piece(2, 1)]) assertEquals([judge(1, mixed), judge(2, mixed)], [false, false]);
  assertEquals([judge(2, piece(1, 1)), judge(1, piece(2, 2))], [false, false]);
});
