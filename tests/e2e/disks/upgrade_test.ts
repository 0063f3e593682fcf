/** The way up of a running cluster: data directories of the version before, one replica after the other, under load. */
import { assert, assertEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { digest } from "../../../protocol/ids.ts";
import { readLog } from "../../../replica/storage/segments/read_log.ts";
import { logOf, metaValue } from "../../../replica/storage/sqlite/sqlite_open.ts";
import { eventually } from "../../../tasks/support/eventually.ts";
import { type EarlierDisk, writeEarlier } from "../../contract/storage/disk/earlier_database.ts";
import { assertEqualLogs } from "../support/agreement.ts";
import { startCounting, writeMany } from "../support/workload.ts";
import { FLAGS, withSituation } from "./lost_disk_scenario.ts";

/** Returns what the version before would have had of a stopped replica's disk. */
function earlierOf(dir: string, digestOfRoster: string): EarlierDisk {
  using db = new DatabaseSync(`${dir}/replica.db`);
  const owner = { cluster: String(metaValue(db, "disk.cluster")), replica: String(metaValue(db, "disk.replica")) };
  const { state, guard } = readLog(dir, { clusterId: owner.cluster, replica: owner.replica, log: logOf(db) });
  const named = db.prepare("SELECT name, value FROM meta WHERE name LIKE 'user.%'").all();
  const chunks = db.prepare("SELECT digest, body FROM chunks").all().map((row) => ({
    digest: digest((row["digest"] as Uint8Array).toHex()),
    bytes: row["body"] as Uint8Array,
  }));
  return {
    recovered: { ...state.small, entries: state.entries, evidence: [] },
    guard,
    chunks,
    meta: {
      ...Object.fromEntries(named.map(({ name, value }) => [String(name), String(value)])),
      "user.roster": JSON.stringify({ epoch: 1, digest: digestOfRoster, fixed: "" }),
    },
    owner,
  };
}

Deno.test("data directories of the version before are moved over one replica after the other, and nothing is lost", () =>
  withSituation(async ({ cluster, client, observer }) => {
    const load = startCounting(client, 2);
    await writeMany(client, 40, 2);
    for (const id of cluster.ids) {
      await cluster.process(id).end();
      const dir = cluster.dataDir(id);
      const earlier = earlierOf(dir, cluster.file.digest);
      assert(earlier.recovered.base !== null && earlier.chunks.length > 0);
      await Deno.remove(dir, { recursive: true });
      writeEarlier(dir, earlier, id === "r2");
      await cluster.start(id, ...FLAGS);
      await eventually(`${id} goes on`, async () => {
        const status = await observer.status(id);
        return status !== null && status.commitIndex > earlier.recovered.commitIndex;
      }, 60_000);
    }
    await load.stop();
    await load.check(client);
    await assertEqualLogs(observer, cluster.ids);
    assertEquals((await observer.statuses(cluster.ids)).length, 4);
  }));
