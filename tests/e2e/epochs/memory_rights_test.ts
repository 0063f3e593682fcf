/** Rights of clients by the roster, in one process: real replicas and clients over the network and disks in memory. */
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { type Client, RefusedError, takeBackup } from "../../../client/mod.ts";
import type { SignedRoster } from "../../../crypto/roster/parse_roster.ts";
import {
  editedRoster,
  grantTo,
  restrictClient,
  type RosterEdit,
  withdrawFrom,
} from "../../../crypto/roster/roster_edits.ts";
import { KvStore } from "../../../state_machine/mod.ts";
import { eventually } from "../../../tasks/support/eventually.ts";
import { backend } from "../../support/backends.ts";
import { MemoryCluster } from "../../support/memory_cluster.ts";
import { signedBy } from "../../support/rosters/sign_rosters.ts";
import { withTempDirectory } from "../../support/temp_directory.ts";

function nextOf({ keys }: MemoryCluster, before: SignedRoster, ...edits: RosterEdit[]): SignedRoster {
  const roster = edits.reduce((from, edit) => editedRoster(before, from, edit, backend), before.roster);
  return signedBy(roster, keys.get("operator")!);
}

async function denied(call: Promise<unknown>, words: string): Promise<void> {
  const error = await assertRejects(() => call, RefusedError);
  assertEquals(error.code, "denied");
  assertStringIncludes(error.message, words);
}

async function equalDigests(cluster: MemoryCluster): Promise<void> {
  await eventually("equal states", () => {
    const states = cluster.statuses().map(({ state, appliedIndex }) => `${appliedIndex} ${state.digest}`);
    return states.length === 4 && new Set(states).size === 1;
  });
}

/** Requires that whatever shows more than single keys is refused to a client that may read only some. */
async function requireNoWhole(client: Client, index: number): Promise<void> {
  await denied(client.getCommittedCommand(index), "may not read all keys");
  await withTempDirectory(async (directory) => {
    const machine = new KvStore();
    await assertRejects(() => takeBackup(client, { path: `${directory}/b`, backend, machine, patienceMs: 500 }));
  });
}

Deno.test("a client has the rights of the roster in force, and all replicas judge it alike, one that was away too", async () => {
  await using cluster = MemoryCluster.start();
  const [c1, c2] = ["c1", "c2"].map((id) => cluster.client(id, { roster: cluster.file }));
  await c2!.put("/b/1", "old");
  const some = nextOf(
    ...[cluster, cluster.file, restrictClient("c2")] as const,
    grantTo("c2", { prefix: "/a/", may: "read" }),
    grantTo("c2", { prefix: "/a/", may: "write" }),
  );
  await cluster.stop("r4");
  await c1!.reconfigure(some);
  const { index } = await c2!.put("/a/1", "new");
  await denied(c2!.put("/b/1", "new"), 'client c2 may not write "/b/1"; it may read and write keys under "/a/"');
  for (const call of [c2!.get("/b/1"), c2!.delete("/b/1"), c2!.cas("/b/1", 1, "x")]) await denied(call, "may not");
  for (const call of [c2!.list(""), c2!.range(), c2!.keys({ from: "/a/" })]) await denied(call, "may not read");
  await denied(c2!.txn({ then: [{ op: "put", key: "/a/1", value: "x" }, { op: "get", key: "/b/1" }] }), "may not read");
  assertEquals((await c2!.list("/a/")).items.map(({ key }) => key), ["/a/1"]);
  await requireNoWhole(c2!, index);
  for await (const { changes } of await c2!.watch("/a/", { from: 1 })) {
    assertEquals(changes.map(({ key }) => key), ["/a/1"]);
    break;
  }
  const watch = await c2!.watch("/b/", { from: 1 });
  await assertRejects(() => watch[Symbol.asyncIterator]().next(), RefusedError, "may not read all keys under");
  cluster.start("r4");
  await equalDigests(cluster);
  await c1!.reconfigure(nextOf(cluster, some, withdrawFrom("c2", { prefix: "/a/", may: "write" })));
  await denied(c2!.put("/a/1", "newer"), 'it may read keys under "/a/"');
  const read = await c2!.get("/a/1");
  assertEquals(read.found && new TextDecoder().decode(read.value), "new");
  await equalDigests(cluster);
});
