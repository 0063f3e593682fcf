/** Backups of a cluster whose roster changes, in one process: real replicas and clients (§13.13). */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { type Client, InvalidBackupError, takeBackup, verifyBackup } from "../../../client/mod.ts";
import type { SignedRoster } from "../../../crypto/roster/parse_roster.ts";
import { editedRoster, revokeClient, type RosterEdit, setConstants } from "../../../crypto/roster/roster_edits.ts";
import { KvStore } from "../../../state_machine/mod.ts";
import { eventually } from "../../../tasks/support/eventually.ts";
import { backend } from "../../support/backends.ts";
import { MemoryCluster } from "../../support/memory_cluster.ts";
import { signedBy } from "../../support/rosters/sign_rosters.ts";
import { withTempDirectory } from "../../support/temp_directory.ts";

const EVERY = 10;
const CONSTANTS = { electionTimeoutMs: 150, patienceMs: 200, checkpointEvery: EVERY, logTail: 1 };

const nextOf = ({ keys }: MemoryCluster, before: SignedRoster, edit: RosterEdit): SignedRoster =>
  signedBy(editedRoster(before, before.roster, edit, backend), keys.get("operator")!);

/** Makes a backup; `index` and `values` are those of what is read from it by each of the rosters. */
async function backUp(client: Client, path: string, rosters: readonly SignedRoster[]) {
  const machine = new KvStore();
  const taken = await takeBackup(client, { path, backend, machine });
  for (const roster of rosters) {
    using file = Deno.openSync(path);
    const found = verifyBackup(file, { roster, backend, machine: new KvStore() });
    assertEquals([found.epoch, found.index, found.stateDigest], [taken.epoch, taken.index, taken.stateDigest]);
  }
  return { ...taken, machine };
}

const write = async (client: Client, from: number, to: number) => {
  for (let i = from; i < to; i++) await client.put(`k${i}`, `${i}`);
};

Deno.test("§13.13c a backup right after a change, and one beyond a checkpoint, are proven by the rosters of both epochs", async () => {
  await using cluster = MemoryCluster.start({ constants: CONSTANTS });
  const client = cluster.client("c1", { roster: cluster.file });
  await withTempDirectory(async (directory) => {
    await write(client, 0, 13);
    const second = nextOf(cluster, cluster.file, revokeClient("c2"));
    await client.reconfigure(second);
    const both = [cluster.file, second];
    const begun = await backUp(client, `${directory}/begun`, both);
    assertEquals([begun.epoch, begun.machine.size], [2, 13]);
    await write(client, 13, 13 + 2 * EVERY);
    await eventually(
      "a checkpoint",
      () => cluster.statuses().every(({ checkpoint }) => (checkpoint?.index ?? 0) >= 30),
    );
    const later = await backUp(client, `${directory}/later`, both);
    assertEquals(later.machine.size, 13 + 2 * EVERY);
    assert(later.checkpoint!.index > begun.checkpoint!.index);
    // Who came later, and has nothing but the new roster, makes the same.
    const late = await backUp(cluster.client("c1", { roster: second }), `${directory}/late`, both);
    assertEquals(late.machine.size, 13 + 2 * EVERY);

    const third = nextOf(cluster, second, setConstants({ heartbeatMs: 40 }));
    await client.reconfigure(third);
    await write(client, 40, 43);
    const last = await backUp(client, `${directory}/last`, [...both, third]);
    assertEquals([last.epoch, last.machine.size], [3, 16 + 2 * EVERY]);
    using file = Deno.openSync(`${directory}/later`);
    const judge = () => verifyBackup(file, { roster: third, backend, machine: new KvStore() });
    assertEquals((await assertRejects(async () => await judge(), InvalidBackupError)).code, "another-epoch");
  });
});

Deno.test("§13.13c backups made while the roster changes again and again are each of one epoch", async () => {
  await using cluster = MemoryCluster.start({ constants: CONSTANTS });
  const [changing, client] = ["c1", "c2"].map((id) => cluster.client(id, { roster: cluster.file })) as [Client, Client];
  await withTempDirectory(async (directory) => {
    await write(client, 0, 5);
    let newest = cluster.file;
    let changes = 0;
    const change = async () => {
      for (; changes < 4; changes++) {
        newest = nextOf(cluster, newest, setConstants({ heartbeatMs: 40 + changes }));
        await changing.reconfigure(newest);
      }
    };
    const changed = change();
    let made = 0;
    for (; changes < 4 || made < 2; made++) {
      const { machine } = await backUp(client, `${directory}/${made}`, [cluster.file]);
      assertEquals(machine.size, 5);
    }
    await changed;
    assertEquals((await backUp(client, `${directory}/end`, [cluster.file, newest])).epoch, 5);
  });
});
