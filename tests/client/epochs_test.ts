/** §13.12: clients of a cluster whose roster changes while they run. */
import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { type Client, NotListedError, RefusedError, UsageError } from "../../client/mod.ts";
import type { ReconfigureProgress } from "../../client/mod.ts";
import { ConfigError } from "../../crypto/config_error.ts";
import { withEpochs } from "./epochs_lab.ts";

/** Returns the value of a key, as text. */
async function valueOf(client: Client, key: string): Promise<string | null> {
  const read = await client.get(key);
  return read.found ? new TextDecoder().decode(read.value) : null;
}

Deno.test("§13.2 a client changes the roster, and is told how far it is", () =>
  withEpochs({}, async ({ connect, next, cluster }) => {
    const client = connect();
    const wanted = next({ constants: { heartbeatMs: 30 } });
    const said: ReconfigureProgress[] = [];
    const done = await client.reconfigure(wanted, { onProgress: (progress) => said.push(progress) });
    const index = cluster.index;
    assertEquals(done, { epoch: 2, digest: wanted.digest, index, begun: ["r1", "r2", "r3", "r4"] });
    assertEquals(said.map(({ stage }) => stage), ["ordered", "ended", "begun"]);
    assertEquals(client.roster, wanted.roster);
    assertEquals((await client.put("k", "v")).revision, 1);
    assertEquals(await client.reconfigure(wanted), { ...done, index: null }, "it may be asked again");
    assertEquals(cluster.index, index + 1, "and orders nothing");
  }));

Deno.test("§13.12 all replicas may be others after two changes: the client goes on with those that are", () =>
  withEpochs({}, async ({ connect, change, replicas, cluster }) => {
    const client = connect();
    assertEquals((await client.put("k", "1")).revision, 1);
    await change(client, { replicas: replicas("r3", "r4", "r5", "r6", "r7", "r8", "r9") });
    await change(client, { replicas: replicas("r5", "r6", "r7", "r8", "r9", "r10", "r11") });
    cluster.leader = "r5";
    assertEquals((await client.put("k", "2")).revision, 2);
    assertEquals((await client.getStatus()).map(({ replica }) => replica).slice(0, 2), ["r5", "r6"]);
    await change(client, { replicas: replicas("r5", "r6", "r7", "r1") });
    assertEquals((await client.put("k", "3")).revision, 3);
    assertEquals(client.roster.replicas.map(({ id }) => `${id}`), ["r5", "r6", "r7", "r1"]);
  }));

Deno.test("§13.12 who was away for some epochs follows the ends of all of them", () =>
  withEpochs({}, async ({ connect, change, cluster }) => {
    const client = connect("c1");
    for (let i = 0; i < 3; i++) await change(client, { constants: { heartbeatMs: 20 + i } });
    const late = connect("c2");
    assertEquals((await late.put("k", "v")).revision, 1);
    assertEquals(late.roster, cluster.roster);
    const asked = cluster.arrivals.filter(({ packet }) =>
      packet.kind === "GetEpochs" && packet.signed.message.client === "c2"
    );
    assert(asked.length >= 1 && asked.length <= 4, `${asked.length} questions`);
  }));

Deno.test("§13.12 a replica that says it is far ahead and shows no end costs a question a second, and nothing else", () =>
  withEpochs({}, async ({ connect, cluster }) => {
    // r4 marks all it sends with the epoch of a roster that operators signed and no quorum stopped for.
    const { epochs } = cluster;
    const mark = epochs.mark.bind(epochs);
    epochs.mark = (id, frames) =>
      id === "r4" ? [Uint8Array.of(...frames[0]!, 0, 0, 0, 0, 0, 0, 0, 9), ...frames.slice(1)] : mark(id, frames);
    const client = connect();
    const startedAt = performance.now();
    for (let i = 1; i <= 200; i++) assertEquals((await client.put("k", `${i}`)).revision, i);
    const seconds = (performance.now() - startedAt) / 1000;
    const asked = cluster.arrivals.filter(({ packet }) => packet.kind === "GetEpochs");
    assert(asked.length >= 1 && asked.length <= 2 + seconds, `${asked.length} questions in ${seconds} s`);
    assert(asked.every(({ replica }) => replica === "r4"));
    assertEquals(client.roster.epoch, 1);
  }));

Deno.test("§13.12 a client that the new roster does not list is told so, and one that comes later too", () =>
  withEpochs({}, async ({ connect, next, cluster }) => {
    const [staying, leaving] = [connect("c1"), connect("c2")];
    await leaving.put("k", "v");
    const wanted = next({ clients: cluster.roster.clients.filter(({ id }) => id === "c1") });
    await staying.reconfigure(wanted);
    const late = await assertRejects(
      () => leaving.put("k", "late"),
      NotListedError,
      "does not list the key of client c2",
    );
    assertEquals(late.undecided, true);
    assertEquals(leaving.roster.epoch, 2);
    assertEquals((await assertRejects(() => leaving.put("k", "later"), NotListedError)).undecided, false);
    await assertRejects(() => leaving.getStatus(), NotListedError);
    // Its clock runs fast: who hears nothing asks after a while.
    const newcomer = connect("c2", { now: () => 50 * performance.now() });
    await assertRejects(() => newcomer.put("k", "v", { timeoutMs: 100_000 }), NotListedError, "of epoch 2");
  }));

Deno.test("§13.4 who hands in its own end is told that it is in force", () =>
  withEpochs({}, async ({ connect, next, cluster }) => {
    const client = connect("c2");
    const wanted = next({ clients: cluster.roster.clients.filter(({ id }) => id === "c1") });
    const done = await client.reconfigure(wanted);
    assertEquals([done.epoch, done.begun], [2, null]);
  }));

Deno.test("§13.1 a roster that cannot follow is refused before anything is sent", () =>
  withEpochs({}, async ({ connect, next, change, cluster }) => {
    const client = connect();
    const wanted = next({ constants: { heartbeatMs: 20 } });
    await change(client);
    const ordered = cluster.index;
    await assertRejects(() => client.reconfigure(wanted), ConfigError, "given another roster of epoch 2");
    assertEquals(cluster.index, ordered);
    const plain = connect("c2", { roster: cluster.roster });
    await assertRejects(() => plain.reconfigure(next()), UsageError, "whose roster has no signatures");
  }));

Deno.test("§13.2 of two changes of one epoch the first counts, and the other is told", () =>
  withEpochs({}, async ({ connect, next, cluster }) => {
    const [one, two] = [connect("c1"), connect("c2")];
    const rosters = [next({ constants: { heartbeatMs: 20 } }), next({ constants: { heartbeatMs: 25 } })];
    assertNotEquals(rosters[0]!.digest, rosters[1]!.digest);
    const done = await Promise.allSettled([one.reconfigure(rosters[0]!), two.reconfigure(rosters[1]!)]);
    assertEquals(done.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
    const { reason } = done.find(({ status }) => status === "rejected") as PromiseRejectedResult;
    assert(reason instanceof RefusedError && reason.code === "change-refused", `${reason}`);
    assert(reason.message.includes("another change came first: given one to epoch 2, wanted one behind epoch 2"));
    assertEquals(cluster.roster.epoch, 2);
  }));

Deno.test("§13.12 where fast reads come with the new roster, writes need Q answers from then on, and reads go on over the change", () =>
  withEpochs({ constants: { fastReads: true } }, async ({ connect, change, replicas, cluster }) => {
    const [client, other] = [connect("c1"), connect("c2")];
    await client.put("k", "v");
    let going = true;
    let reads = 0;
    const reading = (async () => {
      for (; going; reads++) {
        const read = await client.fastRead("k");
        assertEquals(read.found && new TextDecoder().decode(read.value), "v");
      }
    })().catch((error) => error);
    for (let i = 0; i < 3; i++) await change(other);
    await change(other, { constants: { fastReads: false }, replicas: replicas("r1", "r2", "r3", "r5") });
    going = false;
    const ended = await reading;
    assert(ended === undefined || ended instanceof UsageError, `${ended}`);
    assert(reads > 0);
    assertEquals(await valueOf(client, "k"), "v");
    assertEquals(cluster.roster.constants.fastReads, false);
  }));

Deno.test("§13.12 the roster in force is that for which Q replicas know no later one", () =>
  withEpochs({}, async ({ connect, change, cluster }) => {
    const [client, other] = [connect("c1"), connect("c2")];
    assertEquals((await client.getRoster()).digest, cluster.epochs.rosters[0]!.digest);
    const wanted = await change(other);
    const file = await client.getRoster();
    assertEquals([file.digest, file.signatures], [wanted.digest, wanted.signatures]);
  }));

Deno.test("§13.13c a client knows the earliest roster that it goes by, and the one in force", () =>
  withEpochs({}, async ({ connect, change, cluster }) => {
    const client = connect();
    await change(client, { constants: { heartbeatMs: 30 } });
    const [first, second] = cluster.epochs.rosters;
    const digests = ({ files }: Client) => [files.origin.digest, files.current.digest];
    assertEquals(digests(client), [first!.digest, second!.digest]);
    assertEquals(digests(connect("c2", { roster: second!, origin: first! })), [first!.digest, second!.digest]);
  }));
