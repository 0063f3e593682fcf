/** Changes of the roster of a cluster of processes under load (§13): no write is lost or done twice, and the longest pause is told. */
import { assertEquals } from "@std/assert";
import type { KeyRequest } from "../../../crypto/roster/key_request.ts";
import {
  addMember,
  removeReplica,
  replaceReplica,
  revokeClient,
  rotateKeys,
} from "../../../crypto/roster/roster_edits.ts";
import { moveReplica } from "../../../crypto/roster/roster_edits.ts";
import { eventually } from "../../../tasks/support/eventually.ts";
import { findFreePorts } from "../../../tasks/support/free_ports.ts";
import { longTest } from "../../support/long_tests.ts";
import { watchPauses } from "../support/watch_pauses.ts";
import { withLocalCluster } from "../support/with_local_cluster.ts";
import { startCounting } from "../support/workload.ts";
import { EpochCluster } from "./epoch_cluster.ts";

/** Runs `body` on a cluster under load, then checks what was acknowledged. */
const underLoad = (
  body: (epochs: EpochCluster, change: (what: string) => Promise<void>) => Promise<void>,
): Promise<void> =>
  withLocalCluster({ replicas: 4 }, async (cluster) => {
    await using epochs = await EpochCluster.start(cluster);
    const operator = await epochs.client("c3");
    const load = startCounting(await epochs.client("c1"), 8, { thinkMs: 0 });
    try {
      await eventually("load runs", () => load.acknowledged >= 100, 60_000);
      await body(epochs, async (what) => {
        const pauses = watchPauses(() => load.acknowledged);
        const { epoch } = await operator.reconfigure(epochs.latest, { timeoutMs: 60_000 });
        assertEquals(epoch, epochs.latest.roster.epoch);
        const seen = load.acknowledged;
        await eventually(`writes go on: ${what}`, () => load.acknowledged >= seen + 100, 60_000);
        pauses.end();
        console.log(`${what}: longest pause ${Math.round(pauses.longestMs)} ms`);
      });
      await load.stop();
      await load.check(operator);
    } catch (error) {
      console.log(epochs.report());
      throw error;
    }
  });

Deno.test("a replica that was killed is replaced by a new machine with a new key", () =>
  underLoad(async (epochs, change) => {
    await epochs.kill("r4");
    const next = await epochs.sign(replaceReplica("r4", await epochs.newKey("r5")));
    await epochs.launch("r5", next, "--init");
    await change("replace");
    await epochs.reachesAll();
    await epochs.kill("r1"); // the three that are left need the new one
    await change("one less");
  }));

Deno.test("a replica moves to other ports, and starts again there by itself", () =>
  underLoad(async (epochs, change) => {
    const port = findFreePorts(3);
    await epochs.sign(moveReplica("r2", { peerPort: port, publishPort: port + 1, clientPort: port + 2 }));
    await change("move");
    await epochs.reachesAll();
    await epochs.kill("r1");
    await change("one less");
  }));

longTest("the keys of all replicas are rotated, one after the other", () =>
  underLoad(async (epochs, change) => {
    for (const id of epochs.ids) {
      const old = epochs.process(id);
      const next = await epochs.sign(rotateKeys(id, await epochs.newKey(id)));
      await change(`rotate ${id}`);
      assertEquals((await old.exited).code, 0, "it ends once others can do without it");
      await epochs.run(id, next);
    }
    await epochs.kill("r1");
    await change("one less");
  }));

Deno.test("the keys of a replica that is down are rotated: it comes back on its disk, with the new ones", () =>
  underLoad(async (epochs, change) => {
    await epochs.kill("r3");
    const next = await epochs.sign(rotateKeys("r3", await epochs.newKey("r3")));
    await change("rotate r3, which is down");
    await epochs.run("r3", next);
    await epochs.kill("r1");
    await change("one less");
  }));

Deno.test("a replica that left ends with 0, and again each time it is started", () =>
  underLoad(async (epochs, change) => {
    const next = await epochs.sign(replaceReplica("r4", await epochs.newKey("r5")));
    await epochs.launch("r5", next, "--init");
    await change("replace");
    await epochs.ends("r4");
    for (let i = 0; i < 2; i++) {
      const again = await epochs.launch("r4");
      await eventually("it ends", () => !again.running, 30_000);
      assertEquals((await again.exited).code, 0);
      const retired = again.stderr.lines.filter((line) => line.includes('"event":"retired"'));
      assertEquals([retired.length, retired[0]!.includes("nothing to start it for")], [1, true]);
    }
  }));

longTest(
  "a replica that moved and then left listens at the address it moved to, and ends",
  () =>
    underLoad(async (epochs, change) => {
      const port = findFreePorts(3);
      await epochs.sign(moveReplica("r4", { peerPort: port, publishPort: port + 1, clientPort: port + 2 }));
      await change("move");
      await epochs.reachesAll();
      const next = await epochs.sign(replaceReplica("r4", await epochs.newKey("r5")));
      await epochs.launch("r5", next, "--init");
      await change("replace");
      await epochs.ends("r4");
      assertEquals(epochs.faults, []);
    }),
);

Deno.test("a replica that was down while it was removed hears of it when it is back, and ends", () =>
  underLoad(async (epochs, change) => {
    await epochs.kill("r4");
    const port = findFreePorts(3);
    const move = moveReplica("r2", { peerPort: port, publishPort: port + 1, clientPort: port + 2 });
    const replace = replaceReplica("r4", await epochs.newKey("r5"));
    const next = await epochs.sign((roster) => replace(move(roster)));
    await epochs.launch("r5", next, "--init");
    await change("replace");
    await epochs.restart("r4");
    await epochs.ends("r4");
  }));

Deno.test("four replicas become seven, and four again", () =>
  underLoad(async (epochs, change) => {
    const added = ["r5", "r6", "r7"];
    const requests: KeyRequest[] = [];
    for (const id of added) requests.push(await epochs.newKey(id));
    const seven = await epochs.sign((roster) => requests.reduce((edited, each) => addMember(each)(edited), roster));
    for (const id of added) await epochs.launch(id, seven, "--init");
    await change("seven");
    await epochs.kill("r1");
    await change("six of seven");
    await epochs.sign((roster) => ["r1", "r2", "r3"].reduce((edited, id) => removeReplica(id)(edited), roster));
    await change("four");
    assertEquals((await epochs.process("r2").exited).code, 0);
  }));

Deno.test("a client is revoked: what it has under way, old requests included, is not done any more", () =>
  underLoad(async (epochs, change) => {
    const revoked = await epochs.client("c2");
    await revoked.put("mine", "1");
    await epochs.sign(revokeClient("c2"));
    const late = (async () => {
      for (;;) await revoked.put("mine", "2");
    })().catch((error) => error.name);
    await change("revoke");
    assertEquals(await late, "NotListedError");
  }));

Deno.test("half of the replicas are replaced at once", () =>
  underLoad(async (epochs, change) => {
    const requests: KeyRequest[] = [];
    for (const id of ["r5", "r6"]) requests.push(await epochs.newKey(id));
    const next = await epochs.sign((roster) =>
      requests.reduce((edited, each, i) => replaceReplica(`r${i + 1}`, each)(edited), roster)
    );
    for (const { id } of requests) await epochs.launch(id, next, "--init");
    await change("half");
    for (const id of ["r1", "r2"]) await eventually(`${id} ends`, () => !epochs.process(id).running, 60_000);
  }));

longTest(
  "a replica that was away while all others were replaced follows from the latest file",
  () =>
    underLoad(async (epochs, change) => {
      await epochs.kill("r4");
      const requests: KeyRequest[] = [];
      for (const id of ["r5", "r6", "r7"]) requests.push(await epochs.newKey(id));
      const [r5, r6, r7] = requests as [KeyRequest, KeyRequest, KeyRequest];
      const second = await epochs.sign((roster) => replaceReplica("r2", r6)(replaceReplica("r1", r5)(roster)));
      for (const id of ["r5", "r6"]) await epochs.launch(id, second, "--init");
      await change("half");
      const third = await epochs.sign(replaceReplica("r3", r7));
      await epochs.launch("r7", third, "--init");
      await change("the last");
      await epochs.run("r4", third);
      await epochs.reachesAll();
    }),
);
