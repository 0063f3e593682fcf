/** Rights of clients by the roster, on processes: what is denied, and to requests that were signed before a right was withdrawn. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { type Client, createClient, RefusedError } from "../../../client/mod.ts";
import { readKeyFile } from "../../../crypto/keys/key_file.ts";
import { grantTo, restrictClient, type RosterEdit, withdrawFrom } from "../../../crypto/roster/roster_edits.ts";
import type { ReplicaReport } from "../../../replica/status/status.ts";
import { eventually } from "../../../tasks/support/eventually.ts";
import type { LocalCluster } from "../../../tasks/support/local_cluster.ts";
import { type ClientTransport, openClientTransport } from "../../../transport/mod.ts";
import { backend } from "../../support/backends.ts";
import { withLocalCluster } from "../support/with_local_cluster.ts";
import { EpochCluster } from "./epoch_cluster.ts";

const CHANGE_MS = 60_000;

async function denied(call: Promise<unknown>, words: string): Promise<void> {
  const error = await assertRejects(() => call, RefusedError);
  assertEquals(error.code, "denied");
  assertStringIncludes(error.message, words);
}

/** Makes c2 a client that may read and write what is under /a/, and nothing else. */
const someRights: RosterEdit = (roster) =>
  [
    restrictClient("c2"),
    grantTo("c2", { prefix: "/a/", may: "read" }),
    grantTo("c2", { prefix: "/a/", may: "write" }),
  ].reduce((from, edit) => edit(from), roster);

/** The index of the last entry of any replica. */
async function height(client: Client): Promise<number> {
  const lines = await client.getStatus();
  return Math.max(...lines.map((line) => line.reachable ? (line.status as unknown as ReplicaReport).lastIndex : 0));
}

/** A client's end that keeps back what is sent from `hold` on, until `release`. */
function holding(inner: ClientTransport) {
  let held: [string, readonly Uint8Array[]][] | null = null;
  const transport: ClientTransport = {
    receive: (timeoutMs, limit) => inner.receive(timeoutMs, limit),
    wake: () => inner.wake(),
    send: (replica, frames) => held === null ? inner.send(replica, frames) : void held.push([replica, frames]),
    reconfigure: (replicas) => inner.reconfigure(replicas),
    get counters() {
      return inner.counters;
    },
    close: () => inner.close(),
  };
  return {
    transport,
    hold() {
      held = [];
    },
    held: () => held?.length ?? 0,
    release() {
      const frames = held ?? [];
      held = null;
      for (const [replica, each] of frames) inner.send(replica, each);
    },
  };
}

async function holdingClient(cluster: LocalCluster, id: string) {
  const key = await readKeyFile(`${cluster.dir}/${id}.key`, backend);
  const line = holding(await openClientTransport({ roster: cluster.roster, key }));
  return { ...line, client: createClient({ roster: cluster.file, key, transport: line.transport, backend }) };
}

Deno.test("a client with rules does what they say, ordered and by fast reads; what it signed before a right was withdrawn is judged by what is in force", () =>
  withLocalCluster({ constants: { electionTimeoutMs: 500, patienceMs: 1000, fastReads: true } }, async (cluster) => {
    await using epochs = await EpochCluster.start(cluster);
    const all = await epochs.client("c1");
    const late = await holdingClient(cluster, "c2");
    const some = late.client;
    try {
      const change = async (edit: RosterEdit) => {
        const { epoch } = await all.reconfigure(await epochs.sign(edit), { timeoutMs: CHANGE_MS });
        assertEquals(epoch, epochs.latest.roster.epoch);
      };
      await all.put("/b/1", "secret");
      await change(someRights);
      await some.put("/a/1", "mine", { timeoutMs: CHANGE_MS });
      await denied(some.put("/b/1", "x"), 'client c2 may not write "/b/1"; it may read and write keys under "/a/"');
      await denied(some.get("/b/1"), 'may not read "/b/1"');
      await denied(some.list(), "may not read all keys under");
      const index = await height(all);
      await denied(some.getCommittedCommand(index), "may not read all keys, which an entry of the log needs");
      await eventually("a fast read is denied outside the log", async () => {
        const before = await height(all);
        await denied(some.fastRead("/b/1"), 'may not read "/b/1"');
        return await height(all) === before;
      });
      const read = await some.fastRead("/a/1");
      assertEquals(read.found && new TextDecoder().decode(read.value), "mine");

      late.hold();
      const old = some.put("/a/1", "signed before", { timeoutMs: CHANGE_MS });
      old.catch(() => {});
      await eventually("it is signed", () => late.held() > 0);
      await change(withdrawFrom("c2", { prefix: "/a/", may: "write" }));
      late.release();
      await denied(old, 'client c2 may not write "/a/1"; it may read keys under "/a/"');
      const value = await all.get("/a/1");
      assert(value.found && new TextDecoder().decode(value.value) === "mine");
      assertEquals(epochs.faults, []);
    } finally {
      await some.close();
    }
  }));
