/** §13.13 Records of epochs: evidence is of the one that it was found in. */
import { assertEquals } from "@std/assert";
import { evidenceJudge } from "../../../client/evidence/judge_evidence.ts";
import { sha256Hex } from "../../../crypto/digest.ts";
import { epochNameOf } from "../../../crypto/roster/parse_roster.ts";
import { editedRoster, setConstants } from "../../../crypto/roster/roster_edits.ts";
import type { Evidence } from "../../../protocol/evidence.ts";
import { nextGenesis } from "../../../protocol/hash_chain.ts";
import { logIndex, replicaId, term } from "../../../protocol/ids.ts";
import { suspicionReason } from "../../../replica/core/election/suspicion.ts";
import { backend } from "../../support/backends.ts";
import { EvidenceLab } from "../../support/evidence_lab.ts";
import { makeRoster } from "../../support/make_roster.ts";
import { plainDigest } from "../../support/rosters/plain_rosters.ts";
import { signedBy } from "../../support/rosters/sign_rosters.ts";
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

const { roster, keys } = makeRoster();
const first = signedBy(roster, keys.get("operator")!);
const second = signedBy(
  editedRoster(first, roster, setConstants({ heartbeatMs: 33 }), backend),
  keys.get("operator")!,
);
const pieces = [first, second].map((file) => new EvidenceLab(epochNameOf(file), keys).all());

Deno.test("§13.13a evidence convicts by the roster of its own epoch, and by no other with the same keys", () => {
  for (const [i, file] of [first, second].entries()) {
    const judge = evidenceJudge(file, backend);
    for (const [of, evidence] of pieces.entries()) {
      for (const piece of evidence) {
        const { epoch, convicted, text } = judge(piece);
        assertEquals([epoch, convicted], [i + 1, of === i], text);
        if (of !== i) assertEquals(text, "it carries a signature that is not r2's");
      }
    }
  }
});

Deno.test("§13.13a one half of each of two epochs contradict nothing", () => {
  for (const [i, one] of pieces[0]!.entries()) {
    const other = pieces[1]![i]!;
    if (one.kind === "bad-entry" || other.kind === "bad-entry") continue;
    const mixed = { ...one, second: other.second } as Evidence;
    for (const file of [first, second]) assertEquals(evidenceJudge(file, backend)(mixed).convicted, false);
  }
});
