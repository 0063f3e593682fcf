/** `verify` as a user types it: rosters, chains of them, and evidence, without a network. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import type { Connect } from "../../client/cli/connect.ts";
import { evidenceFileText } from "../../client/evidence/evidence_file.ts";
import { unhex } from "../../crypto/digest.ts";
import { writeKeyFile } from "../../crypto/keys/key_file.ts";
import { parseSignedRoster } from "../../crypto/roster/parse_roster.ts";
import { createRoster, type RosterParts, signRoster } from "../../crypto/roster/roster.ts";
import type { Evidence } from "../../protocol/evidence.ts";
import { replicaId } from "../../protocol/ids.ts";
import { backend } from "../support/backends.ts";
import { EvidenceLab } from "../support/evidence_lab.ts";
import { makeRoster, newMemberKeys } from "../support/make_roster.ts";
import { textSignedBy } from "../support/rosters/sign_rosters.ts";
import { withTempDirectory } from "../support/temp_directory.ts";
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
const evidenceText = (evidence: readonly Evidence[], cluster = roster.cluster) =>
  evidenceFileText({ cluster, holder: "r1", evidence });

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
