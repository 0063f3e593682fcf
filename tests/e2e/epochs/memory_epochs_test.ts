/** Changes of the roster in one process: real replicas and clients over the network and disks in memory. */
import { assert, assertEquals } from "@std/assert";
import type { SignedRoster } from "../../../crypto/roster/parse_roster.ts";
import { editedRoster, type RosterEdit } from "../../../crypto/roster/roster_edits.ts";
import { revokeClient, setConstants } from "../../../crypto/roster/roster_edits.ts";
import { eventually } from "../../../tasks/support/eventually.ts";
import { backend } from "../../support/backends.ts";
import { MemoryCluster } from "../../support/memory_cluster.ts";
import { signedBy } from "../../support/rosters/sign_rosters.ts";

/** Returns the signed roster behind `before`. */
const nextOf = ({ keys }: MemoryCluster, before: SignedRoster, edit: RosterEdit): SignedRoster =>
  signedBy(editedRoster(before, before.roster, edit, backend), keys.get("operator")!);

Deno.test("a change is ordered, the epoch ends, and everybody goes on in the next one with all that was there", async () => {
  await using cluster = MemoryCluster.start();
  const client = cluster.client("c1", { roster: cluster.file });
  await client.put("before", "1");
  const next = nextOf(cluster, cluster.file, setConstants({ checkpointEvery: 500 }));
  const { epoch, begun, index } = await client.reconfigure(next);
  assertEquals([epoch, begun!.length >= 3], [2, true]);
  assert(index !== null && index > 1);
  await client.put("after", "2");
  const read = await client.get("before");
  assertEquals(read.found && new TextDecoder().decode(read.value), "1");
  await eventually("all in epoch 2", () => cluster.statuses().every((status) => status.epoch === 2));
  assertEquals(new Set(cluster.statuses().map(({ roster }) => roster)), new Set([next.digest]));
});

Deno.test("a client that is listed no more is told so, and what it had under way is not executed", async () => {
  await using cluster = MemoryCluster.start();
  const [client, revoked] = ["c1", "c2"].map((id) => cluster.client(id, { roster: cluster.file }));
  await revoked!.put("mine", "1");
  await client!.reconfigure(nextOf(cluster, cluster.file, revokeClient("c2")));
  const error = await revoked!.put("late", "2", { timeoutMs: 5000 }).then(() => null, (error) => error);
  assertEquals(error?.name, "NotListedError");
  assertEquals((await client!.get("late")).found, false);
});
