/** §13.12 Answers and requests of clients over a change of epochs. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { NoQuorumError } from "../../../client/mod.ts";
import { withEpochs } from "../../client/epochs_lab.ts";
import { LIAR, type Script, SILENT } from "../../client/fake_scripts.ts";
import { until } from "../../client/with_fake_cluster.ts";

Deno.test("§13.12b the same lie of two replicas in two epochs is not counted together", async () => {
  const silent: Script = { reply: () => [] };
  const scripts = { r1: LIAR, r2: silent, r3: silent, r4: silent };
  await withEpochs({ scripts }, async ({ connect, next, cluster }) => {
    const [client, other] = [connect("c1"), connect("c2")];
    const writing = client.put("k", "v");
    await until("the write", () => cluster.ordered.some(({ client }) => client === "c1"));
    // r1 has lied in epoch 1 by the time that r2 does in epoch 2.
    await until("a lie", () => cluster.arrivals.filter(({ packet }) => packet.kind === "UpdateLeader").length >= 4);
    // Nor does r2 lie before that: two that lie in one epoch are more than f.
    Object.assign(cluster.scripts, { r1: silent, r2: silent });
    const changing = other.reconfigure(next());
    changing.catch(() => {}); // told below
    await until("r2 is in epoch 2", () => cluster.epochs.of("r2").roster.epoch === 2);
    Object.assign(cluster.scripts, { r2: LIAR, r3: {}, r4: {} });
    assertEquals((await writing).revision, 1);
    await changing;
    assertEquals(client.roster.epoch, 2);
  });
});

Deno.test("§13.12b answers of replicas in an earlier epoch are not counted", () =>
  withEpochs({ scripts: { r4: SILENT } }, async ({ connect, next, cluster }) => {
    const client = connect();
    for (const id of ["r1", "r2"]) cluster.epochs.stay.add(id);
    const missing = await assertRejects(() => client.reconfigure(next(), { timeoutMs: 3000 }), NoQuorumError);
    assert(missing.message.includes("too few of its replicas have begun"), missing.message);
    assertEquals([missing.progress.answered, missing.progress.needed, client.roster.epoch], [1, 3, 2]);
    const alone = await assertRejects(() => client.getCommittedCommand(1, { timeoutMs: 3000 }), NoQuorumError);
    assertEquals(alone.progress.answered, 1);
    const answered = client.getCommittedCommand(1);
    cluster.epochs.cross("r1");
    assertEquals((await answered).index, 1);
  }));

Deno.test("§13.12b sessions stay, and clients that did not ask for the change follow it too", () =>
  withEpochs({}, async ({ connect, change, cluster }) => {
    const [asking, other] = [connect("c1"), connect("c2")];
    for (const client of [asking, other]) await client.put("k", "before");
    const registers = cluster.registers.length;
    for (const epoch of [2, 3, 4]) {
      await change(asking);
      assertEquals((await other.put("k", `in ${epoch}`)).revision, epoch + 1);
      assertEquals(other.roster.epoch, epoch);
    }
    const read = await asking.get("k");
    assertEquals(read.found && new TextDecoder().decode(read.value), "in 4");
    assertEquals(cluster.registers.length, registers);
  }));

Deno.test("§13.12b requests under way are sent again, the same bytes, and executed once", () =>
  withEpochs({}, async ({ connect, change, cluster }) => {
    const [client, other] = [connect("c1", { maxGroup: 1 }), connect("c2")];
    let going = true;
    const writing = (async () => {
      let count = 0;
      while (going) {
        await Promise.all(Array.from({ length: 20 }, (_, i) => client.put(`k${i}`, `${++count}`)));
      }
      return count;
    })();
    for (let i = 0; i < 4; i++) await change(other);
    going = false;
    const count = await writing;
    assert(count >= 20);
    const own = cluster.ordered.filter(({ client, mode }) => client === "c1" && mode === "command");
    assertEquals(new Set(own.map(({ session, seq }) => `${session} ${seq}`)).size, own.length);
    assertEquals((await client.put("last", "")).revision, count + 1, "each write was executed once");
  }));
