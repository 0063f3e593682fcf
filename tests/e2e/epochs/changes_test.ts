/** Changes of the roster of a cluster of processes under load (§13): no write is lost or done twice, and the longest pause is told. */
import { type assert, assertEquals } from "@std/assert";
import {
  type addMember,
  type removeReplica,
  replaceReplica,
  type revokeClient,
  type rotateKeys,
} from "../../../crypto/roster/roster_edits.ts";
import type { moveReplica } from "../../../crypto/roster/roster_edits.ts";
import { eventually } from "../../../tasks/support/eventually.ts";
import type { findFreePorts } from "../../../tasks/support/free_ports.ts";
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
    await epochs.kill("r1"); // the three that are left need the new one
    await change("one less");
  }));
