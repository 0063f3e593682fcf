/** `verify` as a user types it: rosters, chains of them, and evidence, without a network. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import type { Connect } from "../../client/cli/connect.ts";
import { RosterStore } from "../../client/epochs/roster_store.ts";
import { evidenceFileText } from "../../client/evidence/evidence_file.ts";
import { unhex } from "../../crypto/digest.ts";
import { writeKeyFile } from "../../crypto/keys/key_file.ts";
import { epochNameOf, parseSignedRoster } from "../../crypto/roster/parse_roster.ts";
import { createRoster, type RosterParts, signRoster } from "../../crypto/roster/roster.ts";
import type { EpochEnd } from "../../protocol/epochs/epoch_end.ts";
import type { Evidence } from "../../protocol/evidence.ts";
import { replicaId } from "../../protocol/ids.ts";
import { backend } from "../support/backends.ts";
import { EvidenceLab } from "../support/evidence_lab.ts";
import { makeRoster, newMemberKeys } from "../support/make_roster.ts";
import { textSignedBy } from "../support/rosters/sign_rosters.ts";
import { withTempDirectory } from "../support/temp_directory.ts";
import { threeEpochs } from "./backup_epochs_lab.ts";
import { type Ran, runInMemory } from "./cli_lab.ts";

const { roster, keys } = makeRoster();
const secret = unhex(keys.get("operator")!.secretKey);
const lab = new EvidenceLab(roster.cluster, keys);
const offline: Connect = () => Promise.reject(new Error("must not connect"));

/** Returns the text of the roster, changed. */
const signed = (change: Partial<RosterParts> = {}): string =>
  signRoster(createRoster({ ...roster, ...change }, backend), secret, backend);
const digestOf = (text: string) => parseSignedRoster(text, null, backend).digest;

const first = signed();
const second = signed({ epoch: 2, previous: digestOf(first), clients: roster.clients.slice(0, 1) });
const evidenceText = (evidence: readonly Evidence[], cluster = roster.cluster, epoch = 1) =>
  evidenceFileText({ cluster, holder: "r1", evidence: evidence.map((piece) => ({ epoch, evidence: piece })) });

const FILES: Readonly<Record<string, string>> = {
  "1.json": first,
  "2.json": second,
  "2b.json": signed({ epoch: 2, previous: "a".repeat(64) }),
  "3.json": signed({ epoch: 3, previous: digestOf(second) }),
  "altered.json": first.replace('"host": "r1"', '"host": "r9"'),
  "stranger.json": (() => {
    const other = makeRoster();
    return signRoster(other.roster, unhex(other.keys.get("operator")!.secretKey), backend);
  })(),
  "evidence.json": evidenceText(lab.all()),
  "nothing.json": evidenceText([{ ...lab.doubleVote(), culprit: replicaId("r4") } as Evidence]),
  "elsewhere.json": evidenceText(lab.all(), "other"),
  "neither.json": "{}",
  "cut.json": first.slice(0, 200),
};

type Verify = (line: string) => Promise<Ran>;

/** Runs `verify` on files, each named by an @. */
const withFiles = (body: (verify: Verify, directory: string) => Promise<void>): Promise<void> =>
  withTempDirectory(async (directory) => {
    for (const [name, text] of Object.entries(FILES)) await Deno.writeTextFile(`${directory}/${name}`, text);
    await writeKeyFile(`${directory}/c1.key`, keys.get("c1")!, backend);
    const words = (line: string) => line.split(" ").map((word) => word.replace(/^@/, `${directory}/`));
    await body((line) => runInMemory(offline, words(line)), directory);
  });

const pin = `--operator-key ${roster.operatorKey}`;

Deno.test("verify: a chain of rosters, and the evidence beside it", () =>
  withFiles(async (verify, directory) => {
    const { code, out, err } = await verify(`${pin} verify @1.json @2.json @3.json @evidence.json`);
    assertEquals([code, err], [0, ""]);
    assertStringIncludes(
      out,
      `${directory}/2.json: valid roster of cluster test-cluster, epoch 2, byzantine, 4 replicas, 1 client`,
    );
    assertStringIncludes(
      out,
      `${directory}/evidence.json: r2 is convicted of double-vote by §9.1: in term 3 it signed two`,
    );
    assertEquals(out.trimEnd().split("\n").length, 3 + 4);
    const by = await verify("--cluster @1.json --key @c1.key verify @evidence.json");
    assertEquals([by.code, by.err], [0, ""]);
  }));

Deno.test("verify: operators vouch for those who follow them, and only for rosters that they signed", () =>
  withFiles(async (verify, directory) => {
    const [old, now] = [keys.get("operator")!, newMemberKeys()];
    const next = {
      ...{ ...roster, epoch: 2, previous: digestOf(first) },
      ...{ operatorKey: now.publicKey, operatorCurveKey: now.curvePublicKey },
    };
    await Deno.writeTextFile(`${directory}/both.json`, textSignedBy(next, old, now));
    await Deno.writeTextFile(`${directory}/alone.json`, textSignedBy(next, now));
    assertEquals((await verify(`${pin} verify @1.json @both.json`)).code, 0);
    const alone = await verify(`${pin} verify @1.json @alone.json`);
    assertEquals(alone.code, 1);
    assertStringIncludes(alone.out, "given the signatures of 0, wanted those of the operator of the roster before");
    assertEquals((await verify(`${pin} verify @both.json`)).code, 1, "nobody vouches for it");
  }));

Deno.test("verify: without a pinned key it says what that proves", () =>
  withFiles(async (verify) => {
    const { code, err } = await verify("verify @stranger.json");
    assertEquals(code, 0);
    assertStringIncludes(err, "the operator key is the rosters' own: compare it with the one you were told");
  }));

Deno.test("verify: what is not valid is told by file, with 1, and the rest is checked all the same", () =>
  withFiles(async (verify, directory) => {
    const cases: readonly (readonly [string, string])[] = [
      ["@altered.json", "altered.json: $.signature: given one that does not verify"],
      ["@stranger.json", "stranger.json: $.roster.operatorKey: given"],
      ["@1.json @3.json", "3.json: roster behind epoch 1: given epoch 3, wanted 2"],
      ["@2.json @1.json", "1.json: roster behind epoch 2: given epoch 1, wanted 3"],
      ["@1.json @2b.json", `2b.json: roster behind epoch 1: given previous digest ${"a".repeat(64)}, wanted`],
      ["@evidence.json", "evidence.json: given evidence and no valid roster, wanted one: --cluster FILE"],
      ["@1.json @nothing.json", "double-vote of r4 proves nothing: what it shows is no contradiction"],
      ["@1.json @elsewhere.json", '$.cluster: given "other", wanted "test-cluster", the roster\'s'],
      ["@neither.json", "neither.json: $: given no field"],
      ["@cut.json @1.json", "cut.json: $: given 200 characters that are no JSON"],
      ["@c1.key", 'given an unknown field "version"'],
    ];
    for (const [files, message] of cases) {
      const { code, out } = await verify(`${pin} verify ${files}`);
      assertEquals(code, 1, files);
      assertStringIncludes(out, message);
    }
    const mixed = await verify(`${pin} verify @cut.json @1.json`);
    assertStringIncludes(mixed.out, `${directory}/1.json: valid roster`);
    const later = await verify(`${pin} --cluster @stranger.json verify @evidence.json`);
    assertEquals(later.code, 2, "a --cluster that is not the pinned operator's is wrong usage");
  }));

Deno.test("verify: wrong usage ends with 2, and --json prints one value", () =>
  withFiles(async (verify) => {
    const cases: readonly (readonly [string, string])[] = [
      ["verify", "verify was given 0 operands"],
      ["verify @none.json", "none.json: given the name of no file"],
      ["--operator-key 02ab verify @1.json", '--operator-key was given "02ab"; wanted 66 lower-case'],
      [`${pin} --key @c1.key verify @1.json`, "verify was given --operator-key and --key; wanted one of them"],
    ];
    for (const [line, message] of cases) {
      const { code, err } = await verify(line);
      assertEquals(code, 2, line);
      assertStringIncludes(err, message);
    }
    const { code, out, err } = await verify(`--json ${pin} verify @1.json @nothing.json @altered.json`);
    assertEquals([code, err], [1, ""]);
    const { ok, pinned, files } = JSON.parse(out);
    assertEquals([ok, pinned], [false, true]);
    assertEquals(files.map(({ kind, valid }: Record<string, unknown>) => [kind, valid]), [
      ["roster", true],
      ["evidence", false],
      ["invalid", false],
    ]);
    assertEquals(files[0].digest, digestOf(first));
  }));

/** Three epochs of the same members, evidence of the first two, and the ends that lead there. */
async function withEpochs(body: (verify: Verify) => Promise<void>): Promise<void> {
  const labs = threeEpochs();
  const pieces = labs.slice(0, 2).flatMap(({ file, keys }, i) =>
    new EvidenceLab(epochNameOf(file), keys).all().map((evidence) => ({ epoch: i + 1, evidence }))
  );
  await withTempDirectory(async (directory) => {
    const write = (name: string, text: string) => Deno.writeTextFile(`${directory}/${name}`, text);
    for (const [i, { file: { roster }, keys }] of labs.entries()) {
      await write(`${i + 1}.json`, signRoster(roster, unhex(keys.get("operator")!.secretKey), backend));
    }
    const head = { cluster: "test-cluster", holder: "r1" };
    await write("both.json", evidenceFileText({ ...head, evidence: pieces }));
    const mislabelled = pieces.map(({ epoch, evidence }) => ({ epoch: 3 - epoch, evidence }));
    await write("mislabelled.json", evidenceFileText({ ...head, evidence: mislabelled }));
    const steps = labs[2].ends.map((end, i) => ({ end, next: labs[i + 1]!.file }));
    await new RosterStore(`${directory}/1.json`).add(steps);
    await new RosterStore(`${directory}/few.json`).add([{ ...steps[0]!, end: few(labs[2].ends[0]!) }]);
    await new RosterStore(`${directory}/gap.json`).add([steps[0]!, steps[0]!]);
    await body((line) => runInMemory(offline, line.split(" ").map((word) => word.replace(/^@/, `${directory}/`))));
  });
}

/** An end that too few replicas certified. */
const few = (end: EpochEnd): EpochEnd => {
  const { stable, commit } = end.proof;
  return { ...end, proof: { commit, stable: { ...stable, checkpoints: stable.checkpoints.slice(1) } } };
};

Deno.test("§13.13 verify: each piece of evidence is judged by the roster of its epoch, from rosters or ends given", () =>
  withEpochs(async (verify) => {
    for (
      const line of [
        "verify @1.json @2.json @both.json",
        "--cluster @1.json verify @2.json @both.json",
        "--cluster @2.json verify @both.json @1.json",
        "--cluster @1.json verify @both.json @1.json.latest",
        "verify @1.json.latest @both.json @1.json",
      ]
    ) {
      const { code, out } = await verify(line);
      assertEquals([line, code], [line, 0], out);
      assertStringIncludes(out, "both.json: r2 is convicted of double-vote by §9.1");
      assertStringIncludes(out, "both.json: r2 is convicted of double-vote in epoch 2 by §9.1");
    }
    const { out } = await verify("--cluster @1.json verify @1.json.latest");
    assertStringIncludes(out, "valid ends, from the roster of epoch 1 of cluster test-cluster to that of epoch 3");
    const { files } = JSON.parse((await verify("--json --cluster @1.json verify @1.json.latest @both.json")).out);
    assertEquals([files[0].kind, files[0].from, files[0].epoch], ["ends", 1, 3]);
    assertEquals(files[1].judgements.map(({ epoch }: { epoch: number }) => epoch), [1, 1, 1, 1, 2, 2, 2, 2]);
  }));

Deno.test("§13.13 verify: where the roster of an epoch is missing, or another is given, nobody is convicted", () =>
  withEpochs(async (verify) => {
    const cases: readonly (readonly [string, string])[] = [
      ["--cluster @1.json verify @both.json", "in epoch 2 proves nothing: the roster of epoch 2 is not known: give it"],
      ["--cluster @2.json verify @both.json", "of r2 proves nothing: the roster of epoch 1 is not known"],
      ["--cluster @1.json verify @3.json @both.json", "the roster of epoch 2 is not known"],
      ["verify @1.json @2.json @mislabelled.json", "proves nothing: it carries a signature that is not r2's"],
      ["--cluster @1.json verify @few.json.latest", "given ends of epochs 1 to 1, not all of which the rosters prove"],
      ["--cluster @3.json verify @1.json.latest", "wanted a roster of epoch 1: --cluster FILE"],
      ["--cluster @1.json verify @gap.json.latest", "$.ends[1]: given the end of epoch 1, wanted that of 2"],
    ];
    for (const [line, text] of cases) {
      const { code, out } = await verify(line);
      assertEquals([line, code], [line, 1]);
      assertStringIncludes(out, text);
    }
  }));
