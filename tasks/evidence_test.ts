import { assertEquals, assertStringIncludes } from "@std/assert";
import { parseEvidenceFile } from "../client/evidence/evidence_file.ts";
import { sha256Hex } from "../crypto/digest.ts";
import type { Evidence } from "../protocol/evidence.ts";
import { logIndex, replicaId } from "../protocol/ids.ts";
import { openDiskStorage } from "../replica/storage/disk/disk_storage.ts";
import { EvidenceLab } from "../tests/support/evidence_lab.ts";
import { makeRoster } from "../tests/support/make_roster.ts";
import { withTempDirectory } from "../tests/support/temp_directory.ts";
import { EVIDENCE } from "./evidence.ts";
import { runTask } from "./support/run_task.ts";

const { roster, keys } = makeRoster();
const lab = new EvidenceLab(roster.cluster, keys);

async function run(...args: string[]) {
  const [out, error]: [string[], string[]] = [[], []];
  const code = await runTask(EVIDENCE, args, { out: (line) => out.push(line), error: (line) => error.push(line) });
  return { code, out: out.join("\n"), error: error.join("\n") };
}

/** Opens the disk of r1 with this evidence on it. */
function diskWith(dir: string, evidence: readonly Evidence[]) {
  const storage = openDiskStorage({ dir, clusterId: roster.cluster, replica: replicaId("r1") });
  storage.load();
  storage.commit(evidence.map((piece) => ({ op: "evidence", evidence: piece })), []);
  return storage;
}

const bytesIn = (dir: string) =>
  ["replica.db", "replica.known"].map((name) => sha256Hex(Deno.readFileSync(`${dir}/${name}`)));

Deno.test("evidence: what a stopped replica holds is written for all, and its disk stays as it was", () =>
  withTempDirectory(async (parent) => {
    const [dir, out] = [`${parent}/r1`, `${parent}/evidence.json`];
    diskWith(dir, [lab.doubleVote(), lab.badEntry()]).close();
    const before = bytesIn(dir);
    const { code, out: said } = await run("--data", dir, "--out", out);
    assertEquals([code, said.split("\n")[0]], [0, "double-vote of r2"]);
    assertStringIncludes(said, `${out}: 2 of cluster test-cluster, held by r1`);
    assertEquals(bytesIn(dir), before);
    const both = [lab.doubleVote(), lab.badEntry()].map((evidence) => ({ epoch: 1, evidence }));
    const wanted = { cluster: "test-cluster", holder: "r1", evidence: both };
    assertEquals(parseEvidenceFile(await Deno.readTextFile(out)), wanted);
    assertEquals((await run("--data", dir, "--out", out)).code, 2, "nothing is overwritten");
    const again = openDiskStorage({ dir, clusterId: roster.cluster, replica: replicaId("r1") });
    assertEquals(again.load().evidence.length, 2, "its replica starts again");
    again.close();
  }));

Deno.test("§13.13 evidence: each piece is written with its epoch, or those of one epoch alone", () =>
  withTempDirectory(async (parent) => {
    const dir = `${parent}/r1`;
    const storage = diskWith(dir, [lab.doubleVote()]);
    const digest = sha256Hex(new Uint8Array());
    const genesis = { epoch: 2, index: logIndex(4), hash: digest, stateDigest: digest };
    storage.commit([{ op: "begin-epoch", genesis, held: false, recovery: null }], []);
    storage.commit([{ op: "evidence", evidence: lab.doubleAck() }], []);
    storage.close();
    const epochsOf = async (...args: string[]) => {
      const { code, out } = await run("--data", dir, ...args);
      assertEquals(code, 0, out);
      const { evidence } = parseEvidenceFile(await Deno.readTextFile(args[1]!));
      return evidence.map(({ epoch, evidence: { kind } }) => [epoch, kind]);
    };
    assertEquals(await epochsOf("--out", `${parent}/all`), [[1, "double-vote"], [2, "double-ack"]]);
    assertEquals(await epochsOf("--out", `${parent}/second`, "--epoch", "2"), [[2, "double-ack"]]);
    const none = await run("--data", dir, "--out", `${parent}/third`, "--epoch", "3");
    assertStringIncludes(none.out, "holds no evidence; nothing was written");
    assertEquals((await run("--data", dir, "--out", `${parent}/x`, "--epoch", "two")).code, 2);
  }));

Deno.test("evidence: where there is none, no file is written", () =>
  withTempDirectory(async (parent) => {
    diskWith(`${parent}/r1`, []).close();
    const { code, out } = await run("--data", `${parent}/r1`, "--out", `${parent}/evidence.json`);
    assertEquals([code, out], [0, "r1 of test-cluster holds no evidence; nothing was written"]);
    assertEquals([...Deno.readDirSync(parent)].length, 1);
  }));

Deno.test("evidence: a disk in use, a directory without one and wrong flags are refused with 2", () =>
  withTempDirectory(async (parent) => {
    const storage = diskWith(`${parent}/r1`, []);
    const cases: readonly (readonly [readonly string[], string])[] = [
      [["--data", `${parent}/r1`, "--out", `${parent}/x`], "is in use by another process"],
      [["--data", `${parent}/none`, "--out", `${parent}/x`], "none holds no replica.db: wanted a replica's data"],
      [["--out", "x"], "evidence: --data: given nothing, wanted a replica's data directory"],
      [["--data", "x"], "evidence: --out: given nothing, wanted the name of a new file"],
    ];
    try {
      for (const [args, message] of cases) {
        const { code, error } = await run(...args);
        assertEquals(code, 2, error);
        assertStringIncludes(error, message);
      }
    } finally {
      storage.close();
    }
  }));
