import { assertEquals, assertThrows } from "@std/assert";
import { ConfigError } from "../../crypto/config_error.ts";
import { fileOf } from "../../crypto/roster/parse_roster.ts";
import type { Evidence } from "../../protocol/evidence.ts";
import { replicaId } from "../../protocol/ids.ts";
import { backend } from "../../tests/support/backends.ts";
import { EvidenceLab } from "../../tests/support/evidence_lab.ts";
import { makeRoster } from "../../tests/support/make_roster.ts";
import { evidenceFileText, MAX_EVIDENCE_FILE_BYTES, parseEvidenceFile } from "./evidence_file.ts";
import { evidenceJudge } from "./judge_evidence.ts";

const { roster, keys } = makeRoster();
const lab = new EvidenceLab(roster.cluster, keys);
const judge = evidenceJudge(fileOf(roster), backend);

Deno.test("each kind of contradiction convicts its author by §9.1", () => {
  const texts = lab.all().map(judge).map(({ kind, culprit, convicted, text }) => [kind, culprit, convicted, text]);
  assertEquals(texts.map(([kind, culprit, convicted]) => [kind, culprit, convicted]), [
    ["equivocation", "r2", true],
    ["double-ack", "r2", true],
    ["double-vote", "r2", true],
    ["bad-entry", "r2", true],
  ]);
  assertEquals(texts[1]![3], "§9.1: in term 3 it acked two different entries at one index");
});

Deno.test("what proves nothing accuses nobody, and says why", () => {
  const vote = lab.doubleVote() as Extract<Evidence, { kind: "double-vote" }>;
  const forged = { ...vote.first, signature: vote.second.signature };
  const cases: readonly (readonly [Evidence, string])[] = [
    [{ ...vote, second: vote.first }, "what it shows is no contradiction"],
    [{ ...vote, culprit: replicaId("r3") }, "what it shows is no contradiction"],
    [{ ...vote, culprit: replicaId("r9") }, "r9 is no replica of this roster"],
    [{ ...vote, first: forged }, "it carries a signature that is not r2's"],
    [lab.badEntry("c1"), "the entry it shows is good"],
    [{ ...lab.badEntry(), entries: [] } as Evidence, "what it shows is no contradiction"],
    [
      {
        kind: "bad-entry",
        culprit: replicaId("r2"),
        header: lab.header([lab.entry("c2")], "r1"),
        entries: [lab.entry("c2")],
      },
      "it carries a signature that is not r2's",
    ],
  ];
  for (const [evidence, text] of cases) {
    const { convicted, text: said } = judge(evidence);
    assertEquals([convicted, said], [false, text]);
  }
});

Deno.test("nothing convicts in the crash profile, whoever signed it", () => {
  const crash = evidenceJudge(fileOf({ ...roster, constants: { ...roster.constants, profile: "crash" } }), backend);
  for (const evidence of lab.all()) {
    const { convicted, text } = crash(evidence);
    assertEquals([convicted, text], [false, "nothing is signed in the crash profile, so nothing convicts (§1.4)"]);
  }
});

Deno.test("another cluster's roster convicts nobody", () => {
  const other = evidenceJudge(fileOf(makeRoster().roster), backend);
  for (const evidence of lab.all()) assertEquals(other(evidence).text, "it carries a signature that is not r2's");
});

Deno.test("an evidence file reads back as written; anything else is refused by its place", () => {
  const pieces = lab.all().map((evidence, i) => ({ epoch: 1 + i, evidence }));
  const file = { cluster: roster.cluster, holder: "r1", evidence: pieces };
  const text = evidenceFileText(file);
  assertEquals(parseEvidenceFile(text), file);
  const epochless = parseEvidenceFile(text.replaceAll(/"epoch": \d+,/g, ""));
  assertEquals(epochless.evidence, lab.all().map((evidence) => ({ epoch: 1, evidence })));
  const changed = (change: object) => {
    const value = JSON.parse(text);
    value.evidence[1] = { ...value.evidence[1], ...change };
    return JSON.stringify(value);
  };
  const { proof } = JSON.parse(text).evidence[1];
  const cases: readonly (readonly [string, string])[] = [
    [
      changed({ kind: "double-vote" }),
      '$.evidence[1].kind: given "double-vote", wanted "double-ack", as its proof says',
    ],
    [changed({ culprit: "r3" }), '$.evidence[1].culprit: given "r3", wanted "r2"'],
    [changed({ proof: proof.slice(4) }), "$.evidence[1].proof: given bytes that are none"],
    [changed({ proof: "" }), "$.evidence[1].proof: given"],
    [changed({ proof: "====" }), "$.evidence[1].proof: given"],
    [changed({ proof: 7 }), "$.evidence[1].proof: given 7"],
    [changed({ epoch: 0 }), "$.evidence[1].epoch: given 0, wanted an integer from 1"],
    [changed({ extra: 1 }), '$.evidence[1]: given an unknown field "extra"'],
    [
      JSON.stringify({ ...JSON.parse(text), evidence: [] }),
      "$.evidence: given a list of 0, wanted a list of 1 to 4096",
    ],
    [JSON.stringify({ ...JSON.parse(text), holder: "a b" }), '$.holder: given "a b"'],
    [text.replace('"holder"', '"cluster"'), 'given a field "cluster" twice'],
    [text.slice(0, -9), "that are no JSON"],
    [
      text.padEnd(MAX_EVIDENCE_FILE_BYTES + 1),
      `$: given ${MAX_EVIDENCE_FILE_BYTES + 1} characters, wanted JSON of at most`,
    ],
  ];
  for (const [given, message] of cases) assertThrows(() => parseEvidenceFile(given), ConfigError, message);
});
