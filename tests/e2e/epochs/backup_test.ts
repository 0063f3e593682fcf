/** Backups by the command line, of processes whose roster changed (§13.13), in either profile. */
import { assertEquals } from "@std/assert";
import { setConstants } from "../../../crypto/roster/roster_edits.ts";
import type { Profile } from "../../../protocol/quorum.ts";
import { DenoProcess } from "../../../tasks/support/deno_process.ts";
import { withLocalCluster } from "../support/with_local_cluster.ts";
import { EpochCluster } from "./epoch_cluster.ts";

/** Runs the client's command line as a process; its output is one JSON value. */
async function client(...args: readonly string[]): Promise<Record<string, unknown>> {
  await using process = new DenoProcess("client", "client/main.ts", ["--json", ...args]);
  const { code } = await process.exited;
  await process.stdout.ended;
  return { code, ...JSON.parse(process.stdout.lines[0]!) };
}

for (const [profile, replicas, signers] of [["byzantine", 4, 3], ["crash", 3, 0]] as const) {
  Deno.test(`§13.13c ${profile}: a backup after a change is checked with the rosters of both epochs`, () => {
    const constants = { profile: profile as Profile, electionTimeoutMs: 500, patienceMs: 1000 };
    return withLocalCluster({ replicas, libzmq: [], constants }, async (cluster) => {
      await using epochs = await EpochCluster.start(cluster);
      const writer = await epochs.client("c1");
      await writer.put("before", "1", { timeoutMs: 30_000 });
      await writer.reconfigure(await epochs.sign(setConstants({ heartbeatMs: 77 })), { timeoutMs: 60_000 });
      await writer.put("after", "2", { timeoutMs: 30_000 });
      const { dir } = cluster;
      const file = `${dir}/backup`;
      const given = ["--cluster", `${dir}/cluster.json`];
      const taken = await client(...given, "--key", `${dir}/c2.key`, "backup", file);
      assertEquals([taken["code"], taken["epoch"], taken["keys"]], [0, 2, 2]);
      for (const roster of ["cluster.json", "roster-2.json"]) {
        const found = await client("--cluster", `${dir}/${roster}`, "restore", "--check", file);
        assertEquals([found["code"], found["epoch"], found["stateDigest"]], [0, 2, taken["stateDigest"]]);
        assertEquals((found["signers"] as readonly string[]).length, signers);
      }
    });
  });
}
