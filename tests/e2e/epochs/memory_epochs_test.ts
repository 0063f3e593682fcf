/** Changes of the roster in one process: real replicas and clients over the network and disks in memory. */
import { assert, assertEquals } from "@std/assert";
import { sha256Hex } from "../../../crypto/digest.ts";
import type { KeyFile } from "../../../crypto/keys/key_file.ts";
import { type KeyRequest, requestOf } from "../../../crypto/roster/key_request.ts";
import type { SignedRoster } from "../../../crypto/roster/parse_roster.ts";
import { editedRoster, type RosterEdit } from "../../../crypto/roster/roster_edits.ts";
import { replaceReplica, revokeClient, rotateKeys, setConstants } from "../../../crypto/roster/roster_edits.ts";
import type { Roster } from "../../../crypto/roster/roster_types.ts";
import { openMemoryStorage } from "../../../replica/storage/memory/memory_storage.ts";
import { eventually } from "../../../tasks/support/eventually.ts";
import { backend } from "../../support/backends.ts";
import { newMemberKeys } from "../../support/make_roster.ts";
import { MemoryCluster } from "../../support/memory_cluster.ts";
import { signedBy } from "../../support/rosters/sign_rosters.ts";

/** Returns the signed roster behind `before`. */
function newMember(roster: Roster, id: string): { readonly key: KeyFile; readonly request: KeyRequest } {
  const { cluster, operatorKey } = roster;
  const key: KeyFile = { ...newMemberKeys(), id, kind: "replica", cluster, operatorKey };
  return { key, request: requestOf(key, { host: id, peerPort: 7100, publishPort: 7101, clientPort: 7102 }) };
}

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

Deno.test("a replica that died is replaced by a new machine with a new key, which fetches the state and counts at once", async () => {
  await using cluster = MemoryCluster.start();
  const client = cluster.client("c1", { roster: cluster.file });
  for (let i = 0; i < 20; i++) await client.put(`k${i}`, `${i}`);
  await cluster.stop("r4");
  const made = newMember(cluster.roster, "r5");
  const next = nextOf(cluster, cluster.file, replaceReplica("r4", made.request));
  const joined = cluster.join("r5", next, made.key);
  await client.reconfigure(next);
  await joined;
  await cluster.stop("r1"); // r2 and r3 need the new one now
  await client.put("after", "1", { timeoutMs: 20_000 });
  const read = await client.get("k7");
  assertEquals(read.found && new TextDecoder().decode(read.value), "7");
  await eventually("the new one has the state", () => {
    const [newest, ...others] = [cluster.nodes.get("r5")!, ...cluster.nodes.values()].map(({ replica }) =>
      replica.status()
    );
    return others.some(({ state }) => state.digest === newest!.state.digest) && newest!.epochProgress === "running";
  });
});

Deno.test("a replica that was away for two changes is shown both ends, and catches up", async () => {
  await using cluster = MemoryCluster.start();
  const client = cluster.client("c1", { roster: cluster.file });
  await client.put("before", "1");
  await cluster.stop("r4");
  const second = nextOf(cluster, cluster.file, setConstants({ checkpointEvery: 500 }));
  await client.reconfigure(second);
  await client.put("between", "2");
  await client.reconfigure(nextOf(cluster, second, setConstants({ checkpointEvery: 400 })));
  cluster.start("r4");
  await cluster.stop("r1");
  await client.put("after", "3", { timeoutMs: 20_000 });
  await eventually("all alike", () => {
    const statuses = cluster.statuses();
    return statuses.every(({ epoch, epochProgress }) => epoch === 3 && epochProgress === "running") &&
      new Set(statuses.map(({ state }) => state.digest)).size === 1;
  });
});

Deno.test("a cluster that is stopped as a whole goes on in the epoch it was in, whatever roster it is started with", async () => {
  await using cluster = MemoryCluster.start();
  const client = cluster.client("c1", { roster: cluster.file });
  await client.put("k", "1");
  await client.reconfigure(nextOf(cluster, cluster.file, revokeClient("c2")));
  await client.put("k", "2");
  for (const id of [...cluster.nodes.keys()]) await cluster.stop(id);
  for (const { id } of cluster.roster.replicas) cluster.start(id);
  await client.put("k", "3", { timeoutMs: 20_000 });
  assertEquals(new Set(cluster.statuses().map(({ epoch }) => epoch)), new Set([2]));
});

Deno.test("the operator's keys are rotated: members go on, and the next change is signed with the new ones", async () => {
  await using cluster = MemoryCluster.start();
  const client = cluster.client("c1", { roster: cluster.file });
  const { keys, roster } = cluster;
  const operator: KeyFile = {
    ...newMemberKeys(),
    id: "operator",
    kind: "operator",
    cluster: roster.cluster,
    operatorKey: "",
  };
  const request = requestOf({ ...operator, operatorKey: operator.publicKey }, null);
  const rotated = editedRoster(cluster.file, roster, rotateKeys("operator", request), backend);
  const next = signedBy(rotated, keys.get("operator")!, operator);
  await client.reconfigure(next);
  await client.put("after", "1");
  const third = signedBy(editedRoster(next, next.roster, setConstants({ logTail: 500 }), backend), operator);
  assertEquals((await client.reconfigure(third)).epoch, 3);
});

Deno.test("§13.7b a replica that has the end of its epoch on its disk crosses by itself, though nobody is there to show it", async () => {
  await using cluster = MemoryCluster.start();
  const client = cluster.client("c1", { roster: cluster.file });
  await client.put("a", "1");
  await cluster.stop("r4");
  const next = nextOf(cluster, cluster.file, setConstants({ logTail: 500 }));
  await client.reconfigure(next);
  for (const id of ["r1", "r2", "r3"]) await cluster.stop(id);
  const open = (id: string) =>
    openMemoryStorage({ clusterId: cluster.roster.cluster, hash: sha256Hex, disk: cluster.disk(id) });
  const { roster, end } = open("r1").epochs.read(1)!;
  open("r4").epochs.put(1, roster, end);
  const { replica } = cluster.start("r4");
  await eventually("r4 is in epoch 2", () => replica.status().epoch === 2);
});

Deno.test("§7.6d a watch goes on over changes of the roster, also of all replicas but one, and tells each change once", async () => {
  await using cluster = MemoryCluster.start();
  const client = cluster.client("c1", { roster: cluster.file });
  const seen: string[] = [];
  const watch = await client.watch();
  const reading = (async () => {
    for await (const { revision, changes: [change] } of watch) seen.push(`${revision} ${change!.key}`);
  })();
  const written: string[] = [];
  const write = async (key: string) => {
    for (let i = 0; i < 10; i++) written.push(`${(await client.put(`${key}${i}`, "")).revision} ${key}${i}`);
  };
  await write("a");
  let before = cluster.file;
  for (const [i, id] of ["r2", "r3", "r4"].entries()) {
    const made = newMember(cluster.roster, `n${i}`);
    const next = nextOf(cluster, before, replaceReplica(id, made.request));
    const joined = cluster.join(`n${i}`, next, made.key);
    await client.reconfigure(next);
    await joined;
    await cluster.stop(id);
    before = next;
    await write(`n${i}`);
  }
  await eventually("all was told", () => seen.length === written.length, 20_000);
  assertEquals(seen, written);
  const ended = reading.then(() => null, (error) => error.name);
  await client.close();
  assertEquals(await ended, "ClosedError");
});
