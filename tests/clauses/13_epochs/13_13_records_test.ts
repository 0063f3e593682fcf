/** §13.13 Records of epochs: evidence is of the one that it was found in. */
import { assertEquals } from "@std/assert";
import { sha256Hex } from "../../../crypto/digest.ts";
import type { Evidence } from "../../../protocol/evidence.ts";
import { nextGenesis } from "../../../protocol/hash_chain.ts";
import { logIndex, replicaId, term } from "../../../protocol/ids.ts";
import { suspicionReason } from "../../../replica/core/election/suspicion.ts";
import { plainDigest } from "../../support/rosters/plain_rosters.ts";
import * as forge from "../support/forge.ts";
import { SECOND, stopLab } from "./stop_lab.ts";

const base = { term: term(0), ...forge.GENESIS };
const DOUBLE_VOTE: Evidence = {
  ...{ kind: "double-vote", culprit: replicaId("r1") },
  ...{ first: forge.vote("r1", 1, "r3", base), second: forge.vote("r1", 1, "r4", base) },
};

Deno.test("§13.13 evidence makes nobody suspect in another epoch, and the same may be found anew there", () => {
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
